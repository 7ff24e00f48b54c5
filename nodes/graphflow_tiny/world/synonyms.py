"""Which words people use for those of the world's captions; alternatives are separated by bars."""

from __future__ import annotations

from collections.abc import Mapping

COLOURED: Mapping[str, str] = {
    "red": "bright red|dark red|crimson|scarlet|ruby|cherry red|deep red|fire engine red",
    "orange": "bright orange|tangerine|pumpkin orange|orange coloured",
    "yellow": "golden|gold|bright yellow|lemon yellow|yellow coloured|sunny yellow",
    "green": "bright green|dark green|emerald|grass green|deep green|lime|lime green|light green",
    "blue": "dark blue|bright blue|navy|navy blue|royal blue|deep blue|cobalt|azure|light blue|sapphire",
    "purple": "violet|dark purple|lilac|bright purple|deep purple|plum|amethyst|lavender",
    "white": "snow white|pure white|plain white|bright white|ivory",
    "black": "pitch black|dark|jet black|pure black|solid black|ebony",
}
THINGS: Mapping[str, str] = {
    "circle|disc|ball": "circle|ball|dot|sphere|orb|disk|round shape|circular shape",
    "square|box": "square|block|square shape|cube|tile|four-sided shape",
    "triangle": "triangular shape|triangle shape|pyramid",
    "star": "five-pointed star|star shape|five pointed star|starfish",
    "heart": "love heart|heart shape|heart symbol|valentine heart",
    "ring|hoop": "ring|donut|doughnut|loop|ring shape|hollow circle|band",
    "cross|plus sign": "cross|plus|plus symbol|cross shape|medical cross|cross sign",
    "crescent moon|crescent": "half moon|moon|sickle|crescent shape|moon crescent|sickle moon",
    "house|cottage": "home|hut|cabin|building|barn|farmhouse|shack|house|cottage",
    "tree": "pine tree|fir tree|pine|fir|oak tree|oak|leafy tree",
}
PLAIN: Mapping[str, str] = {
    "small|little|tiny": "tiny|little|mini|miniature|teeny|very small|tiny little|small sized|wee|itty bitty|quite small",
    "large|big": "big|huge|giant|enormous|very large|massive|great|gigantic|really big|quite large|oversized|humongous|immense",
    "medium|medium-sized": "mid-sized|normal sized|average sized|medium size|not too big and not too small|middle sized",
    "outlined": "outline|line drawing of a|contour|hollow|outline-only",
    "glowing|neon": "shining|luminous|lit up|radiant|glowing neon|bright glowing|neon light",
    "two": "2|a pair of|a couple of|two|twin|2x|a duo of|exactly two",
    "three": "3|a trio of|exactly three|3x|three identical|a set of three",
    "four": "4|exactly four|a group of four|4x|a quartet of|a set of four",
    "five": "5|exactly five|a handful of|5x|a group of five|a bunch of five|a set of five",
    "in the top left corner|at the top left|in the upper left": (
        "top left|upper left corner|in the left upper corner|top left corner|placed top left|in the top left|"
        "in the upper left corner|up on the left"
    ),
    "in the top right corner|at the top right|in the upper right": (
        "top right|upper right corner|in the right upper corner|top right corner|placed top right|in the top right|"
        "in the upper right corner|up on the right"
    ),
    "in the bottom left corner|at the bottom left|in the lower left": (
        "bottom left|lower left corner|in the left lower corner|bottom left corner|placed bottom left|"
        "in the bottom left|in the lower left corner|down on the left"
    ),
    "in the bottom right corner|at the bottom right|in the lower right": (
        "bottom right|lower right corner|in the right lower corner|bottom right corner|in the bottom right|"
        "in the lower right corner|down on the right|placed bottom right"
    ),
    "at the top|near the top": "up top|in the upper half|at the upper edge|on top|top|up high|at top",
    "at the bottom|near the bottom": "in the lower half|at the lower edge|down low|bottom|down at the bottom|at bottom",
    "in the middle|in the centre|in the center": "centered|centred|in the very middle|right in the middle|in the center of the picture|center",
    "on the left|at the left": "on the left side|left side|on the left-hand side|left|at the left edge",
    "on the right|at the right": "on the right side|right side|on the right-hand side|right|at the right edge",
    "to the left of|left of": "on the left side of|on the left of|left from|standing left of",
    "to the right of|right of": "on the right side of|on the right of|right from|standing right of",
    "above|over": "on top of|sitting above|floating above|higher than|hovering over|above|over",
    "below|under": "underneath|beneath|lower than|below|under|right below",
    "and": "and|with|plus also|together with|&|as well as",
}
"""What is said of things, and where they stand."""
LANDSCAPES: Mapping[str, str] = {
    "a landscape at night": "a night scene|a night landscape|a nightscape|night scenery|the night",
    "a landscape at sunset|a landscape in the evening": "a sunset scene|a sunset landscape|an evening scene|a dusk landscape|a sunset|the evening",
    "a landscape": "a scene|scenery|a view|nature|an outdoor scene|the countryside|a scenic view",
    "a meadow|a green field|a grassy landscape": (
        "grassland|a lawn|a grassy field|green grass|a field of grass|a field|green hills|grass|a pasture|a prairie|"
        "a green meadow|the countryside|a park"
    ),
    "a snowy landscape|a snowy field|a winter landscape": (
        "a winter scene|a snowy scene|snow|a snow-covered field|winter|a white winter day|a snow field|"
        "a frozen landscape|snowy ground|a winter wonderland|a snow covered landscape"
    ),
    "a desert|a sandy landscape": "a beach|a sandy beach|sand dunes|sand|the sahara|a sandy desert|dunes|the desert",
    "the sea|the ocean": "water|a lake|the open sea|sea|ocean|a calm sea|the waves|a seascape|open water|ocean waves|an ocean",
    "in a meadow|on a green field": (
        "on the grass|on a lawn|in a grassy field|in the countryside|on a green hill|on grass|on green grass|"
        "in a field|in the fields|standing on grass|in the grass"
    ),
    "in the snow|in a snowy landscape": (
        "in winter|surrounded by snow|on snow|in a snow covered field|in wintertime|in deep snow|covered in snow|"
        "on snowy ground|with snow|in a winter landscape"
    ),
    "in the desert|in a desert": "on the sand|on a beach|on the beach|among sand dunes|in the dunes|on sand",
    "over the sea|over the ocean": "over the water|above the sea|by the sea|over the waves|over a lake|above the ocean|at sea",
    "at night": (
        "by night|in the dark|under a night sky|at midnight|at nighttime|during the night|night|late at night|"
        "in the night|under a dark sky|in darkness|night time"
    ),
    "at sunset|in the evening": (
        "at dusk|at sundown|in the evening light|during sunset|sunset|at dawn|in the evening|during golden hour|"
        "as the sun goes down|under an orange sky|at twilight|evening|with a sunset sky"
    ),
    "by day|during the day": (
        "in daylight|at noon|in the daytime|at midday|in the morning|under a blue sky|on a clear day|daytime|"
        "on a nice day|with a blue sky"
    ),
    "a sun|the sun": "a bright sun|sunshine|the shining sun|a yellow sun|sun|a sun in the sky|a big sun",
    "a moon|the moon": "a full moon|moonlight|moon|a bright moon|a moon in the sky|the full moon",
    "clouds": "some clouds|white clouds|a cloudy sky|a few clouds|fluffy clouds|clouds in the sky|a cloud",
    "stars": "a starry sky|many stars|twinkling stars|a sky full of stars|stars in the sky|some stars",
    "mountains": (
        "a mountain range|mountains in the background|snowy mountains|high mountains|some mountains|"
        "distant mountains|mountain peaks|hills|a mountain|mountains behind"
    ),
    "trees": "some trees|a few trees|a forest|woods|pine trees|fir trees|green trees|a tree|pines",
    "house|cottage": "home|hut|cabin|building|barn|farmhouse|cottage|little house|small house",
    "with": "with|and|featuring|showing|where there are|including|that has",
    "and": "and|with|as well as|&|plus",
}
BACKGROUNDS = (
    "with a {} background|in front of a {} background|over a {} backdrop|on a {} backdrop|on {} paper|"
    "with {} background|{} background|{} bg|background is {}|the background is {}|on a {} canvas|on plain {}|"
    "on a plain {} background|on a solid {} background|on a {} wall|{} backdrop|in front of {}|against {}|"
    "everything else is {}|on a {} page|in a {} picture|on {} color|on a {} sheet|with {} behind it|in a {} field|"
    "on top of a {} background|on a {} surface"
)
"""After a thing; {} is the colour."""
BACKGROUNDS_APART = (
    "{1}. background: {0}|background: {0}, {1}|{1}, everything else is {0}|the background is {0} and there is {1}|"
    "{0} background. {1}|{1}. the background should be {0}|the background should be {0}, {1}|{1}, all else {0}|"
    "{1}. make the background {0}|a {0} picture with {1}|a {0} picture of {1}|{1}, bg {0}|{0} bg, {1}"
)
"""{0} is the background's colour, {1} what stands on it."""
MOONLIT = "moonlight|by moonlight|under the moon|a full moon|the moonlit sky|moonlit"
SETTING = (
    "a setting sun|the setting sun|the sun is setting|the sun going down|a low sun|sun low on the horizon|"
    "a red sun at the horizon|the sun sets|an evening sun|sun setting"
)
BEFORE = (
    "a picture of|a drawing of|an image of|a photo of|a painting of|an illustration of|draw|paint|please draw|"
    "show me|i want|make|create|generate|a simple drawing of|there is|an icon of|clipart of|a logo with|can you draw|"
    "please make me|i would like|minimalist|simple|just|cute|a nice picture of|a beautiful|beautiful|a lovely|"
    "masterpiece, best quality,|best quality,|a close up of|a cartoon of|a sketch of|could you please show|"
    "a poster of|a view of|imagine"
)
"""What people put before a prompt, and it says nothing of the world."""
AFTER = (
    ", masterpiece|, best quality|, highly detailed|, digital art|, 4k|, simple|, flat design|, hd|, vector art|"
    ", cartoon style|, minimalism|, beautiful|, vivid colors|, minimalist|, please|, 8k|"
    ", masterpiece, best quality, highly detailed|, clean|, very nice| for my kid|, trending on artstation|, sharp|"
    ", nothing else|, icon|, clipart|, illustration|, pretty|, so pretty|, cute|.|!| please| thanks|, colorful|, art|"
    ", concept art|, wallpaper|, peaceful|, calm mood| ..."
)
