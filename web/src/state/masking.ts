/** What the mask editor is open on. */

import { create } from "zustand";

import type { Channel } from "../graph/mask/picture";
import { graphAt } from "../graph/document/graphs";
import { isLiteral, type InputRef, type Node } from "../graph/document/model";
import { artifactUrl, uploadUrl } from "./api/files";
import { activeDocument, scopeOf, useDocuments } from "./documents";

export interface Masking {
  /** The input that gets the masked file; null makes a new node of it. */
  readonly at: InputRef | null;
  /** The document and place that it was opened from. */
  readonly document: string | null;
  readonly title: string;
  /** The name that the new file takes after. */
  readonly name: string;
  readonly channel: Channel;
  /** Where the mask is painted on, and where the mask is that is there already. */
  readonly picture: string;
  readonly mask: string | null;
}

export const useMasking = create<{ readonly open: Masking | null }>()(() => ({ open: null }));

export function closeMask(): void {
  useMasking.setState({ open: null });
}

/** Paint the mask of a node that loads a picture or takes a mask from a file. */
export function openMaskOf(at: InputRef): void {
  const document = activeDocument(useDocuments.getState());
  if (!document) return;
  const { nodes } = graphAt(document.history.present, scopeOf(document));
  const node = nodes.get(at.node);
  const file = node && textAt(node, at.input);
  if (!file) return;
  const channel = channelOf(node);
  const beneath = channel === "alpha" && !isMaskNode(node) ? file : (pictureBeside(nodes, at.node) ?? file);
  useMasking.setState({
    open: {
      at,
      document: document.id,
      title: node.title ?? node.type,
      name: file,
      channel,
      picture: uploadUrl(beneath),
      mask: uploadUrl(file),
    },
  });
}

/** Paint a mask on a picture that a job made; a new node will load it. */
export function openMaskOnArtifact(sha256: string, name: string): void {
  useMasking.setState({
    open: {
      at: null,
      document: useDocuments.getState().active,
      title: name,
      name,
      channel: "alpha",
      picture: artifactUrl(sha256),
      mask: null,
    },
  });
}

/** `Mask` names the channel that it takes; what loads a picture takes its alpha. */
function channelOf(node: Node): Channel {
  const named = textAt(node, "channel");
  return named === "red" || named === "green" || named === "blue" ? named : "alpha";
}

function isMaskNode(node: Node): boolean {
  return node.type === "Mask" || node.type === "LoadImageMask";
}

/** The picture that a mask of its own file is for: the first that another node of the graph loads. */
function pictureBeside(nodes: ReadonlyMap<string, Node>, mask: string): string | null {
  for (const [name, node] of nodes) if (name !== mask && node.type === "LoadImage") return textAt(node, "image");
  return null;
}

function textAt(node: Node, input: string): string | null {
  const value = node.inputs.get(input);
  return isLiteral(value) && typeof value === "string" && value !== "" ? value : null;
}
