// Declares the types that the package's declarations use, for programs that are compiled with
// `lib: ["es2022"]`, without DOM and without @types/node. `deno pack` omits references, so
// pack_npm.ts adds a reference to this file to every entry point.

// An empty interface does not change an interface that the program declares.
// deno-lint-ignore-file no-empty-interface

/// <reference lib="esnext.disposable" />

interface AbortSignal {}
interface Request {}
interface RequestInit {}
interface Response {}
