import { expect, test } from "vitest";

import { findIn } from "./find";

test("the best comes first, and all words must be there", () => {
  const names = ["dpmpp_2m_sde", "sde", "euler", "dpmpp_sde", "heun"];
  const find = (wanted: string) => findIn(names, (each) => each, wanted);
  expect(find("sde")).toEqual(["sde", "dpmpp_2m_sde", "dpmpp_sde"]);
  expect(find("dpm 2m")).toEqual(["dpmpp_2m_sde"]);
  expect(find("UL")).toEqual(["euler"]);
  expect(find(" ")).toEqual(names);
  expect(find("none")).toEqual([]);
});
