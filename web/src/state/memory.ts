/** How full the devices are: asked now and then while somebody looks. */

import { useEffect } from "react";
import { create } from "zustand";

import { ServerError } from "../wire/http";
import { fetchSystem } from "./api/files";

export interface DeviceFill {
  readonly device: string;
  /** In bytes. */
  readonly used: number;
  readonly total: number;
}

interface Known {
  readonly devices: readonly DeviceFill[];
}

const useKnown = create<Known>()(() => ({ devices: [] }));

const EVERY = 10_000;

/** How full each device is, anew every few seconds while the page is in sight; empty until it is known. */
export function useDevices(): readonly DeviceFill[] {
  useEffect(() => {
    void refresh();
    const timer = setInterval(() => document.visibilityState === "visible" && void refresh(), EVERY);
    return () => clearInterval(timer);
  }, []);
  return useKnown(({ devices }) => devices);
}

async function refresh(): Promise<void> {
  try {
    const { workers } = await fetchSystem();
    const found = new Map<string, DeviceFill>();
    for (const { memory } of workers) {
      const { device, total, free } = memory ?? { device: "", total: null, free: null };
      if (total === null || free === null || total === 0) continue;
      found.set(device, { device, used: total - free, total });
    }
    useKnown.setState({ devices: [...found.values()] });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    useKnown.setState({ devices: [] }); // an old figure would be a wrong one
  }
}
