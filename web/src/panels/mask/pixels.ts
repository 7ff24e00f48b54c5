/** Pictures as their bytes. */

import { readPng, type Pixels } from "../../graph/mask/png";

/** Fetch a picture; throw where there is none or where it cannot be read. */
export async function fetchPixels(url: string, signal: AbortSignal): Promise<Pixels> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const blob = await response.blob();
  return (await readPng(new Uint8Array(await blob.arrayBuffer()))) ?? (await drawn(blob));
}

/** What only the browser can read: other formats, and rarer kinds of PNG. It turns the picture upright. */
async function drawn(blob: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("the browser gives no canvas");
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { width, height, data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data: new Uint8ClampedArray(data) };
}
