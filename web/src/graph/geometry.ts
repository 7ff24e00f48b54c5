/** How large a node is and where its ports lie, from its signature alone: nothing is ever measured. Pixels at zoom 1. */

import { linksOf, type Node, type View } from "./document/model";
import type { InputType, OutputType } from "./types/nodeType";
import { outputLabel, portLabel, type Signature } from "./types/signature";

export const HEAD = 32;
export const PORT_ROW = 24;
export const FIELD = 24;
export const FIELD_GAP = 4;
export const ABOVE_PORTS = 4;
export const ABOVE_FIELDS = 6;
export const BESIDE_FIELDS = 8;
export const TEXT = 84;
export const PICTURE = 240;
export const NARROWEST = 160;
export const WIDEST = 480;
export const GRID = 24;
/** Between nodes when they are tidied up: room for what hangs below a node. */
export const APART = 44;

const USUAL = [204, 256] as const;
const CHARACTER = 6.3;

/** Which end of a link: `index` counts the rows of a variadic input. */
export interface PortKey {
  readonly side: "in" | "out";
  readonly name: string;
  readonly index: number;
}

/** A port with the middle of its drawing, from the node's upper left corner. */
export interface PortPlace extends PortKey {
  readonly x: number;
  readonly y: number;
  readonly type: string;
  readonly label: string;
  readonly linked: boolean;
  /** It belongs to a field: shown only while a link comes near or once it is fed. */
  readonly field: boolean;
  readonly variadic: boolean;
}

export interface FieldPlace {
  readonly input: InputType;
  readonly y: number;
  readonly height: number;
  readonly linked: boolean;
}

export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly collapsed: boolean;
  readonly ports: readonly PortPlace[];
  readonly fields: readonly FieldPlace[];
  readonly picture: { readonly y: number; readonly height: number } | null;
}

/** A handle's id; a name may hold any character, so it stands last. */
export function portId({ side, name, index }: PortKey): string {
  return `${side}/${index}/${name}`;
}

export function portKey(id: string): PortKey {
  const [side = "", index = "0", ...name] = id.split("/");
  return { side: side === "out" ? "out" : "in", name: name.join("/"), index: Number(index) };
}

/** Does a node show pictures? Those that save them, those that load one, and those that sample. */
export function showsPicture({ inputs, outputs, saves }: Signature): boolean {
  const takes = (type: string) => inputs.some((each) => each.type === type);
  const gives = (type: string) => outputs.some((each) => each.type === type);
  const loads = inputs.some(({ widget }) => widget?.kind === "file" && widget.folder === "input");
  return (
    (saves && takes("IMAGE")) ||
    (loads && (gives("IMAGE") || gives("MASK"))) ||
    (takes("MODEL") && takes("LATENT") && gives("LATENT"))
  );
}

export function widthOf(signature: Signature): number {
  const alone = signature.outputs.length === 1;
  const rows = rowsOf(signature).map(([input, output]) => {
    const left = input ? portLabel(input.name).length : 0;
    const right = output ? outputLabel(output, alone).length : 0;
    return (left + right) * CHARACTER + 28 + (left > 0 && right > 0 ? 24 : 0);
  });
  const fields = signature.inputs
    .filter(hasField)
    .map(
      ({ name, widget }) =>
        portLabel(name).length * CHARACTER + (widget?.kind === "choice" || widget?.kind === "file" ? 128 : 96),
    );
  const title = signature.label.length * 7.2 + 36;
  const roomy = showsPicture(signature) ? PICTURE : signature.inputs.some(isMultiline) ? 228 : 0; // a square fits
  const wanted = Math.max(USUAL[0], roomy, title, ...rows, ...fields);
  return Math.min(Math.ceil(wanted / 4) * 4, USUAL[1]);
}

const shapes = new WeakMap<Signature, Map<string, Shape>>();
const MOST_SHAPES = 200;

/**
 * The shape of a node: `node` gives the number of rows of variadic inputs, `view` a width and height that a person chose.
 *
 * Nodes of one type that are linked alike share one.
 */
export function shapeOf(signature: Signature, node: Node, view: View | undefined): Shape {
  const links = signature.inputs.map(({ name }) => linksOf(node.inputs.get(name)).length);
  const key = `${view?.width ?? ""} ${view?.height ?? ""} ${view?.collapsed ?? false} ${links.join()}`;
  let known = shapes.get(signature);
  if (!known || known.size > MOST_SHAPES) shapes.set(signature, (known = new Map<string, Shape>()));
  const before = known.get(key);
  if (before) return before;
  const made = makeShape(signature, node, view);
  known.set(key, made);
  return made;
}

function makeShape(signature: Signature, node: Node, view: View | undefined): Shape {
  const width = Math.min(Math.max(view?.width ?? widthOf(signature), NARROWEST), WIDEST);
  return view?.collapsed ? collapsed(signature, node, width) : opened(signature, node, width, view?.height ?? null);
}

function opened(signature: Signature, node: Node, width: number, wanted: number | null): Shape {
  const inputs = signature.inputs.filter((each) => !hasField(each)).flatMap((each) => rowsOfInput(each, node));
  const outputs = signature.outputs;
  const rows = Math.max(inputs.length, outputs.length);
  const ports: PortPlace[] = [];
  const middle = (row: number) => HEAD + ABOVE_PORTS + row * PORT_ROW + PORT_ROW / 2;
  inputs.forEach((each, row) => ports.push({ ...each, x: 0, y: middle(row) }));
  outputs.forEach((each, row) => ports.push({ ...outputPort(each, outputs.length === 1), x: width, y: middle(row) }));
  const top = HEAD + ABOVE_PORTS + rows * PORT_ROW;
  const shown = signature.inputs.filter(hasField);
  const picture = showsPicture(signature);
  const least = top + fieldsHeight(shown, 0) + (picture ? PICTURE : 0);
  const spare = wanted === null ? 0 : Math.max(wanted - least, picture ? 60 - PICTURE : 0);
  const areas = shown.filter(isMultiline).length;
  const fields = placeFields(shown, node, top + ABOVE_FIELDS, picture ? 0 : Math.max(0, spare) / Math.max(1, areas));
  for (const { input, y } of fields)
    if (input.linkable) ports.push({ ...inputPort(input, node, 0, true), x: 0, y: y + FIELD / 2 });
  const below = top + fieldsHeight(shown, picture || areas === 0 ? 0 : Math.max(0, spare));
  const pictured = picture ? { y: below, height: PICTURE + spare } : null;
  return { width, height: below + (pictured?.height ?? 0), collapsed: false, ports, fields, picture: pictured };
}

function collapsed(signature: Signature, node: Node, width: number): Shape {
  const y = HEAD / 2;
  const inputs = signature.inputs
    .filter((each) => each.linkable)
    .flatMap((each) => (hasField(each) ? [inputPort(each, node, 0, true)] : rowsOfInput(each, node)));
  const outputs = signature.outputs.map((each) => outputPort(each, signature.outputs.length === 1));
  const ports = [...inputs.map((each) => ({ ...each, x: 0, y })), ...outputs.map((each) => ({ ...each, x: width, y }))];
  return { width, height: HEAD, collapsed: true, ports, fields: [], picture: null };
}

/** Has this input a field, so that it needs no row among the ports? */
export function hasField(input: InputType): boolean {
  return input.widget !== null;
}

export function isMultiline({ widget }: InputType): boolean {
  return widget?.kind === "text" && widget.multiline;
}

function rowsOf(signature: Signature): (readonly [InputType | undefined, OutputType | undefined])[] {
  const inputs = signature.inputs.filter((each) => !hasField(each));
  const rows = Math.max(inputs.length, signature.outputs.length);
  return Array.from({ length: rows }, (_, row) => [inputs[row], signature.outputs[row]] as const);
}

type Unplaced = Omit<PortPlace, "x" | "y">;

/** One row for an input; for a variadic one a row for each link, and a free one after them. */
function rowsOfInput(input: InputType, node: Node): Unplaced[] {
  if (input.arity !== "many") return [inputPort(input, node, 0, false)];
  const links = linksOf(node.inputs.get(input.name)).length;
  return Array.from({ length: links + 1 }, (_, index) => inputPort(input, node, index, false));
}

function inputPort(input: InputType, node: Node, index: number, field: boolean): Unplaced {
  const variadic = input.arity === "many";
  const label = variadic && index > 0 ? `${portLabel(input.name)} ${index + 1}` : portLabel(input.name);
  const linked = index < linksOf(node.inputs.get(input.name)).length;
  return { side: "in", name: input.name, index, type: input.type, label, linked, field, variadic };
}

function outputPort(output: OutputType, alone: boolean): Unplaced {
  return {
    side: "out",
    name: output.name,
    index: 0,
    type: output.type,
    label: outputLabel(output, alone),
    linked: false,
    field: false,
    variadic: false,
  };
}

function fieldsHeight(fields: readonly InputType[], spare: number): number {
  if (fields.length === 0) return ABOVE_FIELDS;
  const heights = fields.reduce((sum, each) => sum + fieldHeight(each) + FIELD_GAP, 0);
  return ABOVE_FIELDS + heights - FIELD_GAP + BESIDE_FIELDS + spare;
}

function placeFields(fields: readonly InputType[], node: Node, top: number, spare: number): FieldPlace[] {
  let y = top;
  return fields.map((input) => {
    const height = fieldHeight(input) + (isMultiline(input) ? spare : 0);
    const place = { input, y, height, linked: linksOf(node.inputs.get(input.name)).length > 0 };
    y += height + FIELD_GAP;
    return place;
  });
}

function fieldHeight(input: InputType): number {
  return isMultiline(input) ? TEXT : FIELD;
}
