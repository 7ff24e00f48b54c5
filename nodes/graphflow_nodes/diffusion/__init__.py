"""Pure mathematics on tensors: schedules, samplers, guidance, noise, masks, and the loop that drives them."""
