/** One command of a shell script, as far as a test of the docs must understand it. */
export interface ShellCommand {
  /** Variables that it sets: before a word, by `export`, or alone. */
  readonly variables: Readonly<Record<string, string>>;
  /** The command and its arguments, without quotes; empty when it only sets variables. */
  readonly words: readonly string[];
}

/** Words before a command that is run all the same. */
const RESERVED = new Set(["until", "while", "if", "then", "else", "do", "!", "{", "eval"]);
/** Words that stand alone. */
const CLOSING = new Set(["done", "fi", "}"]);

/** The commands of a script in the order of its text, those inside `$( )` before the command that uses them. */
export function commandsIn(script: string): readonly ShellCommand[] {
  return new ScriptReader(script).read();
}

class ScriptReader {
  readonly #text: string;
  #at = 0;
  #words: string[] = [];
  #word: string | undefined;
  #heredocEnds: string[] = [];
  /** The next word is a file of a redirection, or the end of a heredoc. */
  #redirection: "file" | "heredoc" | undefined;
  readonly #commands: ShellCommand[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Until the end of the text, or of `$( )`. */
  read(untilParenthesis = false): readonly ShellCommand[] {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++] ?? "";
      if (character === ")" && untilParenthesis) break;
      this.#take(character);
    }
    this.#endCommand();
    return this.#commands;
  }

  #take(character: string): void {
    const next = this.#text[this.#at] ?? "";
    if (character === "\\") {
      this.#at += 1;
      if (next !== "\n") this.#add(next);
    } else if (character === "'") this.#add(this.#until("'"));
    else if (character === '"') this.#quoted();
    else if (character === "$" && next === "(") this.#substitution();
    else if (character === "$" && next === "{") this.#add(`$${this.#until("}")}}`);
    else if (character === "#" && this.#word === undefined) this.#skipLine();
    else if (character === "\n") {
      this.#endCommand();
      this.#skipHeredocs();
    } else if (/\s/.test(character)) this.#endWord();
    else if (character === "&" && /^\d$/.test(this.#word ?? "")) this.#add(character);
    else if (/[;&|()]/.test(character)) this.#endCommand();
    else if (/[<>]/.test(character)) this.#redirect(character);
    else this.#add(character);
  }

  #add(text: string): void {
    this.#word = (this.#word ?? "") + text;
  }

  /** The text up to `end`, which is skipped. */
  #until(end: string): string {
    const stop = this.#text.indexOf(end, this.#at);
    if (stop < 0) throw new Error(`no ${end} after ${this.#text.slice(this.#at, this.#at + 40)}`);
    const text = this.#text.slice(this.#at, stop);
    this.#at = stop + 1;
    return text;
  }

  #quoted(): void {
    this.#add("");
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw new Error('no " at the end of a text');
      const character = this.#text[this.#at++] ?? "";
      if (character === "\\") this.#add(this.#text[this.#at++] ?? "");
      else if (character === "$" && this.#text[this.#at] === "(") this.#substitution();
      else this.#add(character);
    }
    this.#at += 1;
  }

  #substitution(): void {
    const inner = new ScriptReader(this.#text);
    inner.#at = this.#at + 1;
    this.#commands.push(...inner.read(true));
    this.#at = inner.#at;
    this.#add("$()");
  }

  #redirect(character: string): void {
    const heredoc = character === "<" && this.#text[this.#at] === "<";
    if (/^\d$/.test(this.#word ?? "")) this.#word = undefined;
    this.#endWord();
    while (/[<>&]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    this.#redirection = heredoc ? "heredoc" : "file";
  }

  #endWord(): void {
    if (this.#word === undefined) return;
    if (this.#redirection === "heredoc") this.#heredocEnds.push(this.#word);
    else if (this.#redirection === undefined) this.#words.push(this.#word);
    this.#redirection = undefined;
    this.#word = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    const words = this.#words;
    this.#words = [];
    while (RESERVED.has(words[0] ?? "")) words.shift();
    if (words[0] === "export") words.shift();
    const variables: Record<string, string> = {};
    for (;;) {
      const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(words[0] ?? "") ?? [];
      if (name === undefined || value === undefined) break;
      variables[name] = value;
      words.shift();
    }
    if (CLOSING.has(words[0] ?? "")) return;
    if (words.length > 0 || Object.keys(variables).length > 0) this.#commands.push({ variables, words });
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipHeredocs(): void {
    for (const end of this.#heredocEnds) {
      const rest = this.#text.slice(this.#at);
      const found = new RegExp(`^\\s*${end}$`, "m").exec(rest);
      this.#at = found === null ? this.#text.length : this.#at + found.index + found[0].length;
    }
    this.#heredocEnds = [];
  }
}
