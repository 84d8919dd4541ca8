/** A text for people, with commands and paths as a project has them that has installed the package. */
export function asInstalled(text: string): string {
  return commandsAsInstalled(text).replaceAll(
    /(?<![\w/.-])docs\/([\w/-]+\.md)/g,
    "node_modules/oss-valet/docs/$1",
  );
}

/** `npx valet doctor` where the repository has `npm run valet -- doctor`. */
export function commandsAsInstalled(text: string): string {
  return text
    .replaceAll(/npm run (?:-s |--silent )?valet --(?= |`|")/g, "npx valet")
    .replaceAll(/npm start(?: --silent)?(?: --(?= ))?/g, "npx valet dev")
    .replaceAll(/npm run (build|serve|sandbox)(?![:\w-])(?: --silent)?(?: --(?= ))?/g, "npx valet $1");
}
