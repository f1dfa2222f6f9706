from .category import CategoryIndexPage, CategoryPage
from .content import ContentPage, HomePage, LandingPage
from .product import ProductImage, ProductPage
from .seller import SellerIndexPage, SellerPage
from .site import Navigation, ShopSettings

__all__ = [
    "CategoryIndexPage",
    "CategoryPage",
    "ContentPage",
    "HomePage",
    "LandingPage",
    "Navigation",
    "ProductImage",
    "ProductPage",
    "SellerIndexPage",
    "SellerPage",
    "ShopSettings",
]
