// Responses to HEAD requests.

/** Removes the body of a response if the request is a HEAD request. */
export function responseTo(request: Request, response: Response): Response {
  return request.method === "HEAD" ? new Response(null, response) : response;
}
