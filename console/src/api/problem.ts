// What the server says when it cannot answer (RFC 9457). Never hides the code or the remedy.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  remedy?: string;
  instance?: string;
  errors?: { pointer: string; detail: string }[];
}

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** The request did not reach the server, or its answer did not reach the browser. */
export class Unreachable extends Error {}

/** Any failure as a problem, so that one component can show all of them. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof Unreachable) {
    return {
      type: 'about:blank',
      title: 'The server does not answer',
      status: 0,
      code: 'unreachable',
      detail: 'the request did not reach Candor',
      remedy: 'see whether `candor serve` is running and reachable from this browser',
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: 'Something failed in the console', status: 0, detail };
}
