// The error of a simulated network.

import { EverTaskError } from "../../guards/errors.ts";

/**
 * A simulation has interrupted the connection to a service. The service may have executed the
 * request.
 */
export class SimulatedOutageError extends EverTaskError {
  /** `SimulatedOutageError` */
  override name = "SimulatedOutageError";

  /** Creates the error. */
  constructor() {
    super("The service has not answered. A simulation has interrupted the connection.");
  }
}
