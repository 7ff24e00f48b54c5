"""How good pictures are: scores of pictures and captions."""

from graphflow_nodes.evaluation.encoders import clip_similarity, load_contrastive
from graphflow_nodes.evaluation.features import classify_pictures, contrastive_features, pixel_features
from graphflow_nodes.evaluation.scores import frechet_distance, inception_score

NODES = (
    load_contrastive,
    clip_similarity,
    pixel_features,
    contrastive_features,
    classify_pictures,
    frechet_distance,
    inception_score,
)
