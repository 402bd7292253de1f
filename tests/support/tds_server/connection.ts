// Serves one client of the test server: its login, then its requests in order.

import type { Certificate } from "./certificate.ts";
import { encryption, type Login, preloginAnswer, readEncryption, readLogin } from "./login.ts";
import { type ByteChannel, ChannelReader, writeAll } from "./channel.ts";
import { type Message, messageType, readMessage, toPackets } from "./packets.ts";
import { readRequest, type TdsRequest } from "./requests.ts";
import { encryptChannel } from "./tls.ts";
import { type ServerMessage, TokenWriter } from "./tokens.ts";
import type { Recordset } from "./types.ts";

/** How a request is answered. */
export interface Reply {
  readonly recordsets?: readonly Recordset[];
  /** Sent after the recordsets as an error, or before them if its severity is 10 or below. */
  readonly message?: ServerMessage;
  /** A procedure's return value. @default 0 */
  readonly status?: number;
  /** A promise to wait for before the reply is sent. */
  readonly after?: Promise<unknown>;
  /** Breaks the connection before the reply is sent, or after half of it. */
  readonly breaks?: "before" | "within";
}

/** How a server treats its clients. */
export interface Manners {
  /** Encrypts connections that request it. Without a certificate, all connections are plain. */
  readonly certificate?: Certificate;
  /** Refuses logins with this message. */
  readonly refuses?: ServerMessage;
  /** Breaks connections at this step of the login. */
  readonly breaksAt?: "prelogin" | "login";
  /** Answers requests. */
  answer(request: TdsRequest): Reply | Promise<Reply>;
  /** Called for each login. */
  onLogin(login: Login): void;
}

let lastTransaction = 0n;

/** Serves a client until it disconnects. */
export async function serveClient(tcp: ByteChannel, manners: Manners): Promise<void> {
  const session = await beginSession(tcp, manners);
  if (session === null) return tcp.close();
  const { channel, reader } = session;
  let answering = Promise.resolve();
  let canceled = new AbortController();
  for (
    let message = await readMessage(reader);
    message !== null;
    message = await readMessage(reader)
  ) {
    if (message.type === messageType.attention) {
      canceled.abort();
      await answering;
      await send(channel, new TokenWriter().attention());
      continue;
    }
    await answering;
    canceled = new AbortController();
    const { signal } = canceled;
    answering = answerRequest(message, channel, manners, signal)
      // Reports a failure, such as an unsupported request, to the client as an error.
      .catch((error) => send(channel, new TokenWriter().message(failure(error)).done(true)))
      .catch(() => close(channel));
  }
  canceled.abort();
  await answering;
  close(channel);
}

/** Handles PRELOGIN, TLS if both sides want it, LOGIN7, and the client's initial settings. */
async function beginSession(tcp: ByteChannel, manners: Manners) {
  let channel = tcp;
  let reader = new ChannelReader(channel);
  const prelogin = await readMessage(reader);
  if (prelogin === null || manners.breaksAt === "prelogin") return null;
  const { certificate } = manners;
  const wanted = readEncryption(prelogin.data);
  const encrypted = certificate !== undefined &&
    (wanted === encryption.on || wanted === encryption.required);
  const answer = encrypted ? encryption.on : encryption.notSupported;
  await writeAll(channel, toPackets(messageType.answer, preloginAnswer(answer)));
  if (encrypted) {
    const secure = await encryptChannel(reader, channel, certificate);
    if (secure === null) return null;
    channel = secure;
    reader = new ChannelReader(channel);
  }
  const login = await readMessage(reader);
  if (login?.type !== messageType.login || manners.breaksAt === "login") {
    close(channel);
    return null;
  }
  const who = readLogin(login.data, encrypted);
  manners.onLogin(who);
  if (manners.refuses !== undefined) {
    await send(channel, new TokenWriter().message(manners.refuses).done(true));
    await readMessage(reader); // waits for the client to disconnect
    close(channel);
    return null;
  }
  await send(channel, new TokenWriter().loginAck(who.database || "master").done());
  const settings = await readMessage(reader);
  if (settings === null) return null;
  await send(channel, new TokenWriter().done());
  return { channel, reader };
}

async function answerRequest(
  message: Message,
  channel: ByteChannel,
  manners: Manners,
  signal: AbortSignal,
): Promise<void> {
  const request = readRequest(message);
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => abort(), { once: true });
  const reply = await manners.answer(request);
  await Promise.race([reply.after, aborted]);
  // The canceled request gets its own reply, before the reply to the attention signal.
  if (signal.aborted) return await send(channel, new TokenWriter().done(true));
  const packets = toPackets(messageType.answer, toTokens(request, reply).finish());
  if (reply.breaks !== undefined) {
    if (reply.breaks === "within") {
      await writeAll(channel, packets.subarray(0, packets.length >> 1));
    }
    return close(channel);
  }
  await writeAll(channel, packets);
}

function toTokens(request: TdsRequest, reply: Reply): TokenWriter {
  const { recordsets = [], message, status = 0 } = reply;
  const writer = new TokenWriter();
  if (request.kind === "begin") return writer.begin(++lastTransaction).done();
  if (request.kind === "commit" || request.kind === "rollback") {
    return writer.end(request.kind, request.transaction).done();
  }
  const isCall = request.kind === "call" || request.kind === "query";
  const failed = message !== undefined && (message.severity ?? 16) > 10;
  if (message !== undefined && !failed) writer.message(message);
  for (const recordset of recordsets) writer.recordset(recordset, isCall);
  if (message !== undefined && failed) writer.message(message);
  return isCall ? writer.doneProcedure(status, failed) : writer.done(failed);
}

function failure(error: unknown): ServerMessage {
  return { number: 50_000, message: `The test server failed: ${error}` };
}

async function send(channel: ByteChannel, tokens: TokenWriter): Promise<void> {
  await writeAll(channel, toPackets(messageType.answer, tokens.finish()));
}

function close(channel: ByteChannel): void {
  try {
    channel.close();
  } catch {
    // It is closed already.
  }
}
