/** Until what was begun has to have ended by itself. */
const ENDS_WITHIN_MILLISECONDS = 300;

/**
 * Runs what only prints, and what Ctrl-C (or a SIGTERM) ends in good order, or after a moment
 * without it: it may wait for somebody who does not answer.
 */
export async function breakable(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
    setTimeout(() => process.exit(0), ENDS_WITHIN_MILLISECONDS).unref();
  };
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    await run(controller.signal);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
