"""Which blocks each kind of page offers."""

from .navigation import CategoryTilesBlock, SellerSpotlightBlock
from .products import ProductRailBlock
from .promotional import BannerBlock, CallToActionBlock, HeroBlock
from .text import FaqBlock, MediaTextBlock, ProseBlock

WORDS = [("prose", ProseBlock()), ("media_text", MediaTextBlock()), ("faq", FaqBlock())]
PRODUCTS = [("rail", ProductRailBlock())]
PROMOTION = [("banner", BannerBlock()), ("call_to_action", CallToActionBlock())]
NAVIGATION = [("tiles", CategoryTilesBlock()), ("spotlight", SellerSpotlightBlock())]

LANDING = [("hero", HeroBlock()), *PRODUCTS, *NAVIGATION, *PROMOTION, *WORDS]
CATEGORY = [*PRODUCTS, *PROMOTION, *WORDS]
SELLER = [*PRODUCTS, *WORDS]
PRODUCT = WORDS
CONTENT = [*WORDS, ("call_to_action", CallToActionBlock())]
