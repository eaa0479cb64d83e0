// The alerter's HTTP API as the command line calls it: one request, its answer or a sentence about what went wrong.
import { AppError } from "#runtime/errors.ts";

export interface ApiAccess {
  readonly url: string;
  readonly token: string;
  readonly stopping: AbortSignal;
}

export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** From the root, encoded. */
  readonly path: string;
  readonly body?: unknown;
}

const deadline = 20_000;

/** What the server says about a refusal: the `detail` of its problem (RFC 9457), or a proxy's `message` or `error`; else nothing. */
const wordsOf = (answer: unknown): string => {
  if (typeof answer !== "object" || answer === null) return "";
  const { detail, message, error } = answer as Readonly<Record<string, unknown>>;
  const words = [detail, message, error].find((one): one is string => typeof one === "string" && one !== "");
  return words === undefined ? "" : `: ${words}`;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const cures: Readonly<Record<number, string>> = {
  401: "EARSHOT_ALERT_TOKEN (or EARSHOT_ALERT_TOKEN_FILE) must hold a token whose sha256 is in the alerter's file of tokens.",
  403: "The token lacks the scope or the tenant; npm run alerts -- token makes another.",
  404: "npm run alerts -- list shows what there is.",
  429: "Too many requests: try again in a minute.",
};

/** The parsed answer; throws AppError for everything but 2xx. */
export const callApi = async ({ url, token, stopping }: ApiAccess, request: ApiRequest): Promise<unknown> => {
  const { method, path, body } = request;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  let status: number;
  let text: string;
  try {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token must not follow to another host.
      redirect: "error",
      signal: AbortSignal.any([stopping, AbortSignal.timeout(deadline)]),
    });
    status = answer.status;
    text = await answer.text();
  } catch (cause) {
    stopping.throwIfAborted();
    throw new AppError("failed", `The alerter at ${url} does not answer`, { cause });
  }
  const answer = parsed(text);
  if (status >= 200 && status < 300) return answer;
  const cure = cures[status];
  throw new AppError(
    "failed",
    `${method} ${path} was answered ${status}${wordsOf(answer)}`,
    cure === undefined ? {} : { cure },
  );
};
