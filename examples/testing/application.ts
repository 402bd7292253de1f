// Tests an application that dispatches: its tasks are stored, inspected, and run on request.

import assert from "node:assert/strict";
import { defineTask, type EverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import {
  assertDispatched,
  createTestEverTask,
  DispatchAssertionError,
  refuteDispatched,
} from "@evertask/evertask/testing";

// ---- the application: a sign-up sends a welcome and, optionally, a newsletter invitation ----

const sent: string[] = [];

const sendMail = defineTask<{ to: string; template: string }>({
  type: "send-mail",
  queue: "email",
  handle: ({ to, template }) => void sent.push(`${template} to ${to}`),
});

const welcome = defineTask<{ email: string; newsletter: boolean }>({
  type: "welcome",
  async handle({ email, newsletter }, { dispatch }) {
    await dispatch(sendMail, { to: email, template: "welcome" });
    if (newsletter) await dispatch(sendMail, { to: email, template: "newsletter" });
  },
});

class Accounts {
  readonly #everTask: EverTask;

  constructor(everTask: EverTask) {
    this.#everTask = everTask;
  }

  async signUp(email: string, { newsletter = false } = {}): Promise<void> {
    if (!email.includes("@")) throw new TypeError(`${email} is not an address`);
    await this.#everTask.dispatch(welcome, { email, newsletter }, { taskKey: `welcome ${email}` });
  }
}

// ---- its tests ----

/** The setup of each test: the application with a test instance instead of its own. */
function begin() {
  sent.length = 0;
  const everTask = createTestEverTask({
    storage: memoryStorage(),
    tasks: [welcome, sendMail],
    queues: { email: {} },
  });
  return { everTask, accounts: new Accounts(everTask) };
}

async function signingUpIsFollowedByAWelcome() {
  const { everTask, accounts } = begin();
  await accounts.signUp("ada@example.com");
  await assertDispatched(everTask, welcome, {
    payload: { email: "ada@example.com" },
    taskKey: "welcome ada@example.com",
    count: 1,
  });
  assert.deepEqual(sent, []); // it is stored, and nothing has run
  await everTask.stop();
}

async function aWrongAddressIsNotFollowedByAnything() {
  const { everTask, accounts } = begin();
  await assert.rejects(() => accounts.signUp("ada"), TypeError);
  await refuteDispatched(everTask, welcome);
  await everTask.stop();
}

async function theNewsletterIsForThoseWhoWantIt() {
  const { everTask, accounts } = begin();
  await accounts.signUp("ada@example.com", { newsletter: true });
  await accounts.signUp("bob@example.com");
  const { completed, failed } = await everTask.drain(); // the welcomes, and the mails that follow
  assert.deepEqual({ completed, failed }, { completed: 5, failed: 0 });
  assert.deepEqual(sent.sort(), [
    "newsletter to ada@example.com",
    "welcome to ada@example.com",
    "welcome to bob@example.com",
  ]);
  await assertDispatched(everTask, sendMail, { queue: "email", count: 3 });
  await everTask.stop();
}

async function aFailedAssertionSaysWhatWasDispatchedInstead() {
  const { everTask, accounts } = begin();
  await accounts.signUp("ada@example.com");
  const wrong = assertDispatched(everTask, welcome, { payload: { newsletter: true } });
  const error: Error = await wrong.then(() => assert.fail(), (error) => error);
  assert(error instanceof DispatchAssertionError);
  console.log(error.message);
  await everTask.stop();
}

await signingUpIsFollowedByAWelcome();
await aWrongAddressIsNotFollowedByAnything();
await theNewsletterIsForThoseWhoWantIt();
await aFailedAssertionSaysWhatWasDispatchedInstead();
