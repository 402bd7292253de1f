// Unusual text: every column returns any string of a user unchanged.

import { expectSame, expectThat } from "../expect.ts";
import { series, slotRequest, topic } from "../scene.ts";

/** Texts that are distinct, and short enough for every field. */
const awkward: Readonly<Record<string, string>> = {
  empty: "",
  spaces: "  leading and trailing  ",
  "line ends": "a\r\nb\nc\rd\te\v\f",
  quotes: `'single' "double" \`back\` ''two''`,
  "SQL": `'); DROP TABLE queued_tasks; --`,
  "SQL placeholders": "$1 ? ?1 :name @name #{x} ${y} %s %",
  "LIKE and brackets": "100%_[a-z]^*",
  backslashes: "\\ \\\\ \\n \\0 \\u0000 \\x00 E'\\'",
  "U+0000": "\u0000",
  "U+0000 inside": "a\u0000b\u0000\u0000c",
  "control characters": Array.from({ length: 31 }, (_, n) => String.fromCharCode(n + 1)).join(""),
  "possible escapes of U+0000": "\u2400 \uE000 \uF000 \uFFFD \u001A \u001B \u0001 \u007F %00",
  emoji: "👍🏽 👨‍👩‍👧‍👦 🇮🇹",
  "outside the basic plane": "𝔘𝔫𝔦 \u{10FFFF} \u{1F600}",
  "right to left": "שלום \u202Eمرحبا\u202C العالم",
  "accents, composed and not": "é e\u0301 Å A\u030A ﬁ İ ı ß ẞ",
  "invisible": "\uFEFF\u200B\u200D\u00A0\u2028\u2029\uFFFE\uFFFF",
  "looks like JSON": `{"a":null,"b":[1,"\\u0000"]}`,
  "looks like XML": "<a>&amp;&#0;</a><![CDATA[x]]>",
  "looks like an array": '{NULL,"a,b"}',
  NULL: "NULL",
};

const texts = Object.entries(awkward);
const oneMegabyte = "0123456789abcde\n".repeat(2 ** 16);

export const awkwardText = topic("awkward text", {
  "payload, type, handler and queue are returned unchanged": async (s) => {
    const tasks = texts.map(([, text]) =>
      s.task({
        payload: JSON.stringify({ text, [text]: 1 }),
        type: text,
        handlerName: text,
        queue: text,
      })
    );
    await s.storage.persist(tasks);
    for (const [n, [name, text]] of texts.entries()) {
      const row = await s.row(tasks[n]!.id);
      const found = [row.payload, row.type, row.handlerName, row.queue];
      expectSame(found, [tasks[n]!.payload, text, text, text], name);
    }
  },

  "a payload's JSON text is returned character by character": async (s) => {
    for (
      const payload of ['{ "b":1,\n "a" : 1.50, "b":2 }', '"\\u0000\\ud800"', " [1e400] ", "null"]
    ) {
      expectSame(
        (await s.row(await s.add({ payload }))).payload,
        payload,
        "neither parsed nor reformatted",
      );
    }
  },

  "a claim by an awkward queue and type returns only the task that has them": async (s) => {
    const workerId = await s.worker();
    const tasks = texts.map(([, text]) => s.task({ queue: text, type: text }));
    await s.storage.persist(tasks);
    for (const [n, [name, text]] of texts.entries()) {
      const before = await s.storage.nextDueAt([text], [text]);
      expectThat(before !== null, `${name}: it is due`);
      const claimed = await s.claim(workerId, { queues: [text], types: [text] });
      expectSame(claimed.map((task) => [task.id, task.queue, task.type]), [[
        tasks[n]!.id,
        text,
        text,
      ]], name);
    }
    const { queues } = await s.storage.statistics();
    const names = queues.filter((queue) => queue.claimed === 1).map((queue) => queue.queue);
    expectSame(names.sort(), texts.map(([, text]) => text).sort(), "the statistics name them");
  },

  "lists can be filtered by awkward types and queues": async (s) => {
    const tasks = texts.map(([, text]) => s.task({ queue: text, type: text }));
    await s.storage.persist(tasks);
    for (const [n, [name, text]] of texts.entries()) {
      const { items } = await s.storage.list({ types: [text], queues: [text] });
      expectSame(items.map((row) => row.id), [tasks[n]!.id], name);
    }
  },

  "exceptions are returned unchanged from row, status audit and runs audit": async (s) => {
    for (const [name, text] of texts) {
      const id = await s.addSeries();
      await s.storage.updateCurrentRun(id, 1, null, "Full", { status: "Failed", exception: text });
      expectSame((await s.row(id)).exception, text, `${name}: the row`);
      expectSame(
        (await s.storage.statusAudit(id)).items[1]?.exception,
        text,
        `${name}: status audit`,
      );
      expectSame((await s.storage.runsAudit(id)).items[0]?.exception, text, `${name}: runs audit`);
    }
  },

  "each awkward text is a distinct task key": async (s) => {
    const results = await s.storage.persist(texts.map(([, taskKey]) => s.task({ taskKey })));
    for (const [n, [name, taskKey]] of texts.entries()) {
      expectSame(results[n]!.outcome, "created", `${name}: a distinct key`);
      const row = await s.storage.getByTaskKey(taskKey);
      expectSame([row?.id, row?.taskKey], [results[n]!.id, taskKey], `${name}: found by it`);
      const again = await s.persist(s.task({ taskKey }));
      expectSame([again.id, again.outcome], [results[n]!.id, "updated"], `${name}: found again`);
    }
  },

  "keys that look alike are different keys": async (s) => {
    const keys = [
      "key",
      "Key",
      "KEY",
      "key ",
      " key",
      "key\t",
      "key\u0000",
      "kéy",
      "ke\u0301y",
      "ｋｅｙ",
      "key\u200B",
      "ĸey",
    ];
    const results = await s.storage.persist(keys.map((taskKey) => s.task({ taskKey })));
    expectSame(results.map((r) => r.outcome), keys.map(() => "created" as const), "each is new");
    for (const [n, key] of keys.entries()) {
      expectSame((await s.storage.getByTaskKey(key))?.id, results[n]!.id, JSON.stringify(key));
    }
  },

  "a key of 200 characters is kept whole": async (s) => {
    const keys = ["k".repeat(200), `${"k".repeat(199)}K`, "é".repeat(200), "😀".repeat(100)];
    const ids = (await s.storage.persist(keys.map((taskKey) => s.task({ taskKey })))).map((r) =>
      r.id
    );
    for (const [n, key] of keys.entries()) {
      const row = await s.storage.getByTaskKey(key);
      expectSame([row?.id, row?.taskKey], [ids[n], key], `key ${n}`);
    }
  },

  "a series' texts are returned unchanged": async (s) => {
    for (const [name, text] of texts) {
      const given = { schedule: JSON.stringify({ text }), info: text };
      const id = await s.addSeries({}, given);
      expectSame((await s.row(id)).series, { ...series(given), runCount: 0 }, name);
    }
  },

  "log lines are returned unchanged": async (s) => {
    const taskId = await s.add();
    const lines = texts.map((
      [, text],
    ) => ({
      taskId,
      level: "Information",
      message: text,
      exception: text,
      run: 1,
      agoMs: 0,
    } as const));
    await s.storage.saveExecutionLogs(lines);
    const { items } = await s.storage.executionLogs(taskId, { limit: 1000 });
    for (const [n, [name, text]] of texts.entries()) {
      expectSame([items[n]?.message, items[n]?.exception], [text, text], name);
    }
  },

  "hosts, paused queues, rate limit keys and loss reasons may be awkward text": async (s) => {
    for (const [n, [name, text]] of texts.entries()) {
      const id = `worker-${n}`;
      await s.storage.registerWorker({ id, host: text });
      await s.storage.setQueuePaused(text, true);
      const worker = (await s.storage.workers()).find((worker) => worker.id === id);
      expectSame(worker?.host, text, `${name}: the host`);
      const { pausedQueues } = await s.storage.heartbeat(id, 1e9);
      expectThat(pausedQueues.includes(text), `${name}: the paused queue`);
      await s.storage.setQueuePaused(text, false);
      const limit = slotRequest({ key: text, emissionIntervalMs: 1e9 });
      const { slots } = await s.storage.takeRateSlots([limit, limit]);
      expectSame(slots.map((slot) => slot.granted), [true, false], `${name}: a separate budget`);
      const taskId = await s.add();
      await s.claim(id);
      await s.storage.unregisterWorker(id);
      await s.releaseLost({ lostReason: text });
      expectSame((await s.row(taskId)).exception, text, `${name}: the reason`);
      await s.storage.requestCancel([taskId]);
    }
  },

  "a megabyte is kept whole": async (s) => {
    const big = `${oneMegabyte}\u0000👍'`;
    const task = s.recurring({ payload: JSON.stringify(big) });
    await s.persist(task);
    await s.storage.updateCurrentRun(task.id, 1, null, "Full", {
      status: "Failed",
      exception: big,
    });
    const line = {
      taskId: task.id,
      level: "Error",
      message: big,
      exception: big,
      run: 1,
      agoMs: 0,
    } as const;
    await s.storage.saveExecutionLogs([line]);
    const row = await s.row(task.id);
    expectThat(row.payload === task.payload, "the payload");
    expectThat(row.exception === big, "the exception");
    expectThat(
      (await s.storage.statusAudit(task.id)).items[1]?.exception === big,
      "its status audit row",
    );
    expectThat(
      (await s.storage.runsAudit(task.id)).items[0]?.exception === big,
      "its runs audit row",
    );
    const { items } = await s.storage.executionLogs(task.id);
    expectThat(items[0]?.message === big && items[0].exception === big, "its log line");
  },

  "a lone surrogate is returned as U+FFFD": async (s) => {
    const lone = "a\uD800b\uDFFF\uD83D";
    const tidy = lone.toWellFormed();
    const { id } = await s.persist(
      s.recurring({ taskKey: lone, handlerName: lone, queue: lone, payload: JSON.stringify(lone) }),
    );
    await s.storage.updateCurrentRun(id, 1, null, "Full", { exception: lone });
    await s.storage.saveExecutionLogs([{
      taskId: id,
      level: "Error",
      message: lone,
      exception: lone,
      run: 1,
      agoMs: 0,
    }]);
    const row = await s.row(id);
    expectSame(
      [row.taskKey, row.handlerName, row.queue, row.exception],
      [tidy, tidy, tidy, tidy],
      "the row",
    );
    expectSame(JSON.parse(row.payload), lone, "JSON keeps it, as an escape");
    expectSame((await s.storage.getByTaskKey(lone))?.id, id, "the key finds it");
    expectSame((await s.storage.runsAudit(id)).items[0]?.exception, tidy, "the run");
    expectSame((await s.storage.executionLogs(id)).items[0]?.message, tidy, "the log line");
  },
});
