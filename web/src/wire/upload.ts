/** Sending a file with news of how far it is, which `fetch` does not tell. */

import { problemsIn, ServerError, tellHeard, withQuery } from "./http";
import type { Upload } from "./schema.gen";

export interface Sending {
  readonly name: string;
  readonly folder?: "masks";
  readonly onProgress?: (sent: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Put a picture or a mask into the input folder; throw ServerError, or what the signal threw when it was given up. */
export function sendFile(file: Blob, { name, folder, onProgress, signal }: Sending): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const giveUp = () => request.abort();
    request.open("POST", withQuery("api/v1/uploads", { name, folder }));
    request.setRequestHeader("Content-Type", takenAs(file.type));
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded, total);
    request.onabort = () => reject(signal?.reason as Error);
    request.onerror = () => {
      tellHeard(0);
      reject(new ServerError(0, []));
    };
    request.onload = () => {
      tellHeard(request.status);
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Upload);
      else reject(new ServerError(request.status, problemsIn(request.responseText)));
    };
    request.onloadend = () => signal?.removeEventListener("abort", giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    request.send(file);
  });
}

/** Its bytes decide what it is; a type that the server has never heard of would be refused before it looks. */
function takenAs(type: string): string {
  return ["image/png", "image/jpeg", "image/webp", "image/gif"].includes(type) ? type : "application/octet-stream";
}
