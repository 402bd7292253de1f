// What the package's declarations name and a program need not declare: it may be compiled for `lib:
// ["es2022"]` without DOM and without @types/node. `deno pack` leaves references out of what it
// writes, so every entry point is given one to this file.

// An empty interface adds nothing to one that the program declares.
// deno-lint-ignore-file no-empty-interface

/// <reference lib="esnext.disposable" />

interface AbortSignal {}
interface Request {}
interface RequestInit {}
interface Response {}
