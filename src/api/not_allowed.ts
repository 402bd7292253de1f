// The error for requests that the user has no right to make.

/** The user lacks the right for a request. The response is a problem with status 403. */
export class NotAllowedError extends Error {
  override readonly name = "NotAllowedError";
}
