// All commands, in the order of the help.

import type { Command } from "../frame/command.ts";
import { migrate } from "./migrate.ts";
import { queuesList, queuesPause, queuesResume } from "./queues.ts";
import { status } from "./status.ts";
import { tasksCount, tasksList } from "./tasks_list.ts";
import { tasksExplain, tasksShow } from "./tasks_show.ts";

/** The commands. */
export const commands: readonly Command[] = [
  migrate,
  status,
  tasksList,
  tasksCount,
  tasksShow,
  tasksExplain,
  queuesList,
  queuesPause,
  queuesResume,
];
