// The image's health check: is the service ready? Plain JavaScript, so that it starts in 40 ms.
const port = process.env.EARSHOT_HTTP_PORT ?? "8080";
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).catch(
  () => undefined,
);
process.exit(answer?.ok ? 0 : 1);
