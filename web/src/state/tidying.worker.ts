import { tidy, type Tidying } from "../graph/layout";

self.onmessage = ({ data }: MessageEvent<Tidying>) => {
  self.postMessage(tidy(data));
};
