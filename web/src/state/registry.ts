/** The node types that the server has. */

import { create } from "zustand";

import { makeRegistry, type Registry } from "../graph/types/nodeType";

interface Known {
  readonly registry: Registry;
  readonly loaded: boolean;
}

export const useRegistry = create<Known>()(() => ({ registry: makeRegistry([], new Map()), loaded: false }));

export function setRegistry(registry: Registry): void {
  useRegistry.setState({ registry, loaded: true });
}
