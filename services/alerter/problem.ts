// What the API answers when it cannot do what was asked: RFC 9457, with a sentence for the person.

const titles: Readonly<Record<number, string>> = {
  400: "The request cannot be read",
  401: "Who are you?",
  403: "Not allowed",
  404: "Not found",
  409: "It does not fit",
  413: "Too long",
  415: "Not JSON",
  422: "Not understood",
  429: "Too many requests",
  500: "Our mistake",
};

export interface Mistake {
  /** Path in the body or name in the query. */
  readonly field: string;
  readonly why: string;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly mistakes: readonly Mistake[];
  /** Seconds after which to ask again. */
  readonly retryAfter: number | undefined;

  constructor(status: number, detail: string, more: { mistakes?: readonly Mistake[]; retryAfter?: number } = {}) {
    super(detail);
    this.status = status;
    this.mistakes = more.mistakes ?? [];
    this.retryAfter = more.retryAfter;
  }
}

export const problemType = "application/problem+json";

export const problemBody = ({ status, message, mistakes }: Problem): object => ({
  type: "about:blank",
  title: titles[status] ?? "Something is wrong",
  status,
  detail: message,
  ...(mistakes.length === 0 ? {} : { errors: mistakes }),
});
