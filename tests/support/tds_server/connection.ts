// One client of the test server: its login, and its requests one after the other.

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
  /** An error ends the answer; a message of class 10 and below comes before the recordsets. */
  readonly message?: ServerMessage;
  /** A procedure's return value. @default 0 */
  readonly status?: number;
  /** The answer waits for this. */
  readonly after?: Promise<unknown>;
  /** The connection breaks: instead of the answer, or when half of it is sent. */
  readonly breaks?: "before" | "within";
}

/** How a server treats its clients. */
export interface Manners {
  /** Encrypts connections that ask for it. Without, they stay plain. */
  readonly certificate?: Certificate;
  /** Refuses logins. */
  readonly refuses?: ServerMessage;
  /** Breaks connections at this point of their beginning. */
  readonly breaksAt?: "prelogin" | "login";
  /** Answers requests. */
  answer(request: TdsRequest): Reply | Promise<Reply>;
  /** Hears of logins. */
  onLogin(login: Login): void;
}

let lastTransaction = 0n;

/** Serves a client until it leaves. */
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
      // What this server cannot do is for the test to see.
      .catch((error) => send(channel, new TokenWriter().message(failure(error)).done(true)))
      .catch(() => close(channel));
  }
  canceled.abort();
  await answering;
  close(channel);
}

/** PRELOGIN, TLS if both want it, LOGIN7, and the settings that the client begins with. */
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
    await readMessage(reader); // the client goes
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
  // Each message has an answer of its own: the one that was canceled, and then the attention.
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
