/** One message of a sequence diagram. */
export interface Message {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/**
 * Reads a sequence diagram in Mermaid's language: participants and messages. Throws for anything else, with the line.
 * Mermaid itself draws in a browser only, and would be most of what a reader loads.
 */
export function messagesOf(diagram: string): readonly Message[] {
  const [first, ...lines] = diagram
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (first !== "sequenceDiagram") throw new Error(`the site draws sequence diagrams only, not "${first}"`);
  const names = new Map<string, string>();
  const messages: Message[] = [];
  for (const line of lines) {
    const participant = /^participant (\w+) as (.+)$/.exec(line);
    const message = /^(\w+)-?->>(\w+): (.+)$/.exec(line);
    if (participant?.[1] !== undefined && participant[2] !== undefined)
      names.set(participant[1], participant[2]);
    else if (message !== null) {
      const [, from = "", to = "", text = ""] = message;
      messages.push({ from: names.get(from) ?? from, to: names.get(to) ?? to, text });
    } else throw new Error(`the site cannot draw this line of a sequence diagram: ${line}`);
  }
  return messages;
}
