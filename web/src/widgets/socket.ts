/** The drawing of a type of link: a class that gives its colour and shape. */

const CLASSES: Readonly<Record<string, string>> = {
  MODEL: "t-model",
  CONTROL_NET: "t-model",
  UPSCALE_MODEL: "t-model",
  CLIP: "t-clip",
  CLIP_VISION: "t-clip",
  VAE: "t-vae",
  CONDITIONING: "t-conditioning",
  LATENT: "t-latent",
  IMAGE: "t-image",
  MASK: "t-mask",
  INT: "t-number",
  FLOAT: "t-number",
  BOOLEAN: "t-number",
  STRING: "t-string",
};

/** Types without a drawing of their own fall back to the star. */
export function socketClass(type: string): string {
  return CLASSES[type] ?? "t-any";
}
