/** Where texts are read from, and the one error that reading and filling them can end in. */

/** Files on Node, static assets on Workers. */
export interface Assets {
  /**
   * @param path for example `templates/earthquake/si.json`, `locales/si/replies.json` or `index.json`
   * @returns parsed JSON, or null when there is no such file
   */
  read(path: string): Promise<unknown | null>;
}

/** `index.json`: which languages each template has, and which the interface and the reply lexicons have. */
export interface AssetsIndex {
  templates: Record<string, string[]>;
  locales: string[];
  lexicons: string[];
}

export type TextErrorCode =
  | 'missing_variable'
  | 'missing_key'
  | 'missing_language'
  | 'unknown_template'
  | 'bad_time'
  | 'bad_file';

/** A text that cannot be said whole is not said at all. */
export class TextError extends Error {
  override name = 'TextError';
  readonly code: TextErrorCode;
  constructor(code: TextErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
