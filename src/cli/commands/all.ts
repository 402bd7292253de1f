// All commands, in the order of the help.

import type { Command } from "../frame/command.ts";
import { queuesList, queuesPause, queuesResume } from "./queues.ts";
import { status } from "./status.ts";
import { tasksCount, tasksList } from "./tasks_list.ts";
import { tasksExplain, tasksShow } from "./tasks_show.ts";

/** The commands. */
export const commands: readonly Command[] = [
  status,
  tasksList,
  tasksCount,
  tasksShow,
  tasksExplain,
  queuesList,
  queuesPause,
  queuesResume,
];
