/** What the templates are called and what they do, where the page speaks another language than their files. */

import i18next from "i18next";

export interface TemplateWords {
  readonly title: string;
  readonly description: string;
}

const GERMAN: Readonly<Record<string, TemplateWords>> = {
  "add-noise": {
    title: "Rauschen zugeben",
    description: "Zusehen, wie ein Bild ertrinkt: der Vorwärtsprozess q(x_t | x_0) zu mehreren Zeiten.",
  },
  "area-composition": {
    title: "Bereiche",
    description: "Links das eine, rechts das andere: jeder Prompt gilt in seinem eigenen Bereich.",
  },
  "cfg-sweep": {
    title: "CFG-Reihe",
    description: "Sehen, was die Führung bewirkt: derselbe Seed mit mehreren CFG-Werten auf einem Bogen.",
  },
  "classifier-guidance": {
    title: "Führung durch einen Klassifikator",
    description: "Neben dem Prompt nach einer Note steuern: der Wunsch nach einer Farbe, immer stärker.",
  },
  "clip-similarity": {
    title: "Ähnlichkeit von Bildern und Texten",
    description: "Zwei kontrastiv gelernte Encoder fragen, welche Bildunterschrift zu welchem Bild gehört.",
  },
  controlnet: {
    title: "Kanten folgen",
    description: "Entlang der Kanten eines anderen Bildes zeichnen, was der Prompt sagt, durch ein ControlNet.",
  },
  "denoise-once": {
    title: "Einmal entrauschen",
    description: "Das Netz einmal fragen: welches Rauschen es sieht, und welches Bild das wäre.",
  },
  diffedit: {
    title: "DiffEdit",
    description: "Aus zwei Prompts finden, was sich in einem Bild ändern muss, und nur das ändern.",
  },
  "few-steps": {
    title: "Wenige Schritte",
    description: "Vier Schritte ohne Guidance statt zwanzig mit ihr: durch ein LoRA, das den Weg des Modells gelernt hat.",
  },
  "frechet-distance": {
    title: "Fréchet-Abstand",
    description: "Messen, wie weit eine Reihe gemachter Bilder von einem Ordner echter entfernt ist.",
  },
  "guidance-vectors": {
    title: "Vektoren der Führung",
    description: "Die Führung Schritt für Schritt messen: wie lang beide Schätzungen sind, und wie weit auseinander.",
  },
  "hires-fix": {
    title: "Groß in zwei Gängen",
    description: "Ein kleines Bild machen, sein Latent vergrößern und es für Einzelheiten noch einmal durchgehen.",
  },
  img2img: {
    title: "Bild zu Bild",
    description: "Ein Bild nach einem Prompt neu machen; die Stärke sagt, wie viel sich ändert.",
  },
  "inception-score": {
    title: "Inception Score",
    description: "Eine Reihe bewerten: Zeigt jedes Bild eines deutlich, und zeigen alle zusammen vieles?",
  },
  inpaint: {
    title: "Ausbessern",
    description: "Den weißen Teil einer Maske nach einem Prompt neu machen und den Rest behalten, mit weichem Rand.",
  },
  "inpaint-model": {
    title: "Ausbessern mit Ausbesserungsmodell",
    description: "Den weißen Teil einer Maske von einem Modell füllen lassen, das das Bild darum herum sieht.",
  },
  "latent-channels": {
    title: "Kanäle des Latents",
    description: "Die vier Kanäle des Latents eines Bildes ansehen.",
  },
  "lms-51-steps": {
    title: "51 Schritte LMS",
    description: "Ein Bild aus einem Prompt in 51 Schritten des linearen Mehrschrittverfahrens.",
  },
  lora: {
    title: "LoRA",
    description:
      "Das Modell mit zwei kleinen Dateien lehren, was es nicht kennt: ein Ding, die Raute, und einen Stil, den Bleistift.",
  },
  "mask-only": {
    title: "Nur Masken",
    description: "Die Maske einer Datei wachsen lassen und ihren Rand weich machen: ganz ohne Modell.",
  },
  "masked-prompts": {
    title: "Prompts hinter Masken",
    description: "Ein Prompt gilt in der linken Hälfte einer Maske, ein anderer in der rechten.",
  },
  outpaint: {
    title: "Erweitern",
    description: "Ein Bild breiter machen: neue Seiten entstehen nach einem Prompt, der alte Teil bleibt.",
  },
  "plot-schedule": {
    title: "Einen Zeitplan zeichnen",
    description: "Beta, Alpha-quer, Sigma und den Rauschabstand zeichnen, mit den Schritten eines Zeitplans.",
  },
  "prompt-schedule": {
    title: "Wechselnde Prompts",
    description: "Mit einem Prompt beginnen, mit einem anderen enden: der erste gibt den Aufbau, der zweite den Rest.",
  },
  "sample-steps": {
    title: "Schritte des Samplings",
    description: "Das Bild aus dem Rauschen kommen sehen: die Schätzung des Modells bei jedem vierten Schritt.",
  },
  "sampler-comparison": {
    title: "Sampler im Vergleich",
    description: "Dasselbe Rauschen, von mehreren Samplern und Zeitplänen gegangen, auf einem Bogen.",
  },
  "seeds-batch": {
    title: "Mehrere Seeds",
    description: "Vier Bilder eines Prompts auf einmal; jedes lässt sich einzeln noch einmal machen.",
  },
  "strength-sweep": {
    title: "Reihe der Stärken",
    description: "Sehen, wie viel von einem Bild bleibt: Bild zu Bild in mehreren Stärken auf einem Bogen.",
  },
  tokens: {
    title: "Tokens eines Prompts",
    description: "Sehen, wie der Tokenizer einen Prompt zerlegt: Stücke, Nummern, Gewichte und Abschnitte.",
  },
  "train-a-model": {
    title: "Ein Modell trainieren",
    description: "Dem Modell aus einem Ordner beschrifteter Bilder etwas Neues beibringen; vorher und nachher.",
  },
  "train-step": {
    title: "Ein Schritt des Trainings",
    description: "Einen Schritt des Trainings ansehen: das verrauschte Latent, sein Rauschen und was das Netz rät.",
  },
  txt2img: { title: "Text zu Bild", description: "Ein Bild aus einem Prompt machen." },
  upscale: {
    title: "Hochskalieren",
    description: "Ein Bild aus einem Prompt machen, dann mit einem trainierten Netz ein viermal so großes daraus.",
  },
  "vae-round-trip": {
    title: "Hin und zurück durch den Autoencoder",
    description: "Ein Bild kodieren, wieder dekodieren und sehen, was verloren ging.",
  },
};

/** The words of a template in the language of the page; null where its own are the right ones, or the only ones. */
export function templateWords(name: string, language = i18next.language): TemplateWords | null {
  return language === "de" ? (GERMAN[name] ?? null) : null;
}
