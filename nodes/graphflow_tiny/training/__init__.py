"""How the default model is trained, stage by stage: words, autoencoder, text encoder, diffusion."""
