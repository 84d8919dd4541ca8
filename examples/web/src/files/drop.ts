/** Takes files that the user drags onto the page, or pastes. `place` shows that it would take them. */
export function takeDroppedFiles(
  place: HTMLElement,
  take: (files: readonly File[]) => void,
  signal: AbortSignal,
): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  const over = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    place.classList.add("over");
  };
  const leave = (event: DragEvent): void => {
    // It also fires between two elements of the page. Outside the page there is none.
    if (event.relatedTarget === null) place.classList.remove("over");
  };
  const drop = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    place.classList.remove("over");
    take([...(event.dataTransfer?.files ?? [])]);
  };
  const paste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0 && document.querySelector("dialog[open]") === null) take(files.map(named));
  };
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", leave, { signal });
  document.addEventListener("drop", drop, { signal });
  document.addEventListener("paste", paste, { signal });
}

/** Every picture from the clipboard is called image.png: the second one must not replace the first one. */
function named(file: File): File {
  if (file.name !== "image.png") return file;
  const time = new Date().toISOString().slice(0, 19).replace(/:/g, "-");
  return new File([file], `pasted ${time}.png`, { type: file.type, lastModified: file.lastModified });
}
