import { useState, type ClipboardEvent, type DragEvent } from "react";

import { bringIn, pictureIn } from "./files";

interface Bringing {
  /** A file is held over it. */
  readonly over: boolean;
  readonly bring: (files: Iterable<File>) => void;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: () => void;
    readonly onDrop: (event: DragEvent) => void;
    readonly onPaste: (event: ClipboardEvent) => void;
  };
}

/** Take a picture that is dropped, pasted or chosen: it is sent, and its name becomes the value. */
export function useBringing(key: string, onName: (name: string) => void): Bringing {
  const [over, setOver] = useState(false);
  const bring = (files: Iterable<File>) => {
    const file = pictureIn(files);
    if (file) void bringIn(file, file.name || "picture.png", key).then((name) => name !== undefined && onName(name));
  };
  const take = (event: DragEvent | ClipboardEvent, files: FileList) => {
    if (!pictureIn(files)) return;
    event.preventDefault();
    event.stopPropagation();
    bring(files);
  };
  return {
    over,
    bring,
    handlers: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        event.dataTransfer.dropEffect = "copy";
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event) => {
        setOver(false);
        take(event, event.dataTransfer.files);
      },
      onPaste: (event) => take(event, event.clipboardData.files),
    },
  };
}
