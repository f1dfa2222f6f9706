"""The whole URL map on one screen."""

from django.conf import settings
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as admin_urls
from wagtail.documents import urls as document_urls

from cms.pages import views as pages
from storefront.api.stock import api as stock_api
from storefront.privileged import admin_sign_in
from storefront.second_factor import MoveView
from storefront.shop import (
    account,
    aftercare,
    cart,
    checkout,
    codes,
    credit,
    currency,
    delivery,
    estimate,
    gift_cards,
    join,
    machines,
    methods,
    order_list,
    papers,
    pay,
    pay_here,
    permalink,
    price_data,
    reorder,
    search,
    sell,
    tracking,
)
from storefront.unlocking import unlock
from storefront.webhooks import easypost, stripe

hourly = cache_control(public=True, max_age=3600)

urlpatterns = [
    path("p/<int:product_id>/", permalink.product, name="permalink"),
    path("p/<int:product_id>/delivery/", delivery.show, name="delivery"),
    path("search/", search.results, name="search"),
    path("currency/", currency.choose, name="currency"),
    path("cart/", cart.show, name="cart"),
    path("cart/count/", cart.summary, name="cart-count"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/lines/<int:line_id>/", cart.change, name="cart-line"),
    path("cart/code/", codes.use, name="cart-code"),
    path("cart/estimate/", estimate.estimate, name="cart-estimate"),
    path("cart/prices.json", price_data.of_cart, name="cart-prices"),
    path("checkout/", checkout.start, name="checkout"),
    path("checkout/address/", checkout.address, name="checkout-address"),
    path("checkout/fields/", checkout.fields, name="checkout-fields"),
    path("checkout/shipping/", checkout.shipping, name="checkout-shipping"),
    path("checkout/review/", checkout.review, name="checkout-review"),
    path("checkout/credit/", credit.use, name="checkout-credit"),
    path("checkout/place/", checkout.place, name="checkout-place"),
    path("checkout/here/<str:token>/", pay_here.show, name="checkout-here"),
    path("checkout/return/<str:token>/", checkout.returned, name="checkout-return"),
    path("checkout/cancel/<str:token>/", checkout.canceled, name="checkout-cancel"),
    path("checkout/retry/<str:token>/", checkout.retry, name="checkout-retry"),
    path("gift-cards/", gift_cards.buy, name="gift-cards"),
    path("gift-cards/<str:report_token>/report/", gift_cards.report, name="gift-card-report"),
    path("gift-cards/<str:token>/", gift_cards.show, name="gift-card"),
    path("gift-cards/<str:token>/pay/", gift_cards.pay, name="gift-card-pay"),
    path("gift-cards/<str:token>/cancel/", gift_cards.cancel, name="gift-card-cancel"),
    path("gift-cards/<str:token>/back/", gift_cards.give_back, name="gift-card-give-back"),
    path("orders/track/", tracking.ask, name="order-ask"),
    path("withdraw/", tracking.ask, {"withdrawing": True}, name="withdraw"),
    path("orders/track/<str:token>/", tracking.show, name="order-tracking"),
    path("orders/track/<str:token>/prices.json", price_data.of_order, name="order-prices"),
    path("orders/track/<str:token>/again/", reorder.again, name="order-again"),
    path("orders/track/<str:token>/receipt/", papers.receipt, name="order-receipt"),
    path(
        "orders/track/<str:token>/papers/<str:number>.pdf", papers.document, name="order-document"
    ),
    path("orders/track/<str:token>/withdraw/", aftercare.withdraw, name="order-withdraw"),
    path(
        "orders/track/<str:token>/withdraw/<int:withdrawal_id>/",
        aftercare.withdrawn,
        name="order-withdrawn",
    ),
    path("orders/track/<str:token>/address/", aftercare.readdress, name="order-readdress"),
    path("orders/track/<str:token>/requests/<str:number>/", aftercare.case, name="order-case"),
    path(
        "orders/track/<str:token>/requests/<str:number>/sent/",
        aftercare.sent,
        name="order-case-sent",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/close/",
        aftercare.close,
        name="order-case-close",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/appeal/",
        aftercare.appeal,
        name="order-case-appeal",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/slip/",
        aftercare.slip,
        name="order-case-slip",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/label/",
        aftercare.return_label,
        name="order-case-label",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/customs/",
        aftercare.return_customs,
        name="order-case-customs",
    ),
    path(
        "orders/track/<str:token>/requests/<str:number>/pictures/<int:picture_id>.jpg",
        aftercare.picture,
        name="order-case-picture",
    ),
    path("orders/track/<str:token>/ask/<str:kind>/", aftercare.wish, name="order-wish"),
    path("pay/<str:token>/", pay.show, name="pay"),
    path("pay/<str:token>/back/", pay.back, name="pay-back"),
    path("account/", account.home, name="account"),
    path("account/profile/", account.profile, name="account-profile"),
    path("account/addresses/", account.addresses, name="account-addresses"),
    path("account/addresses/new/", account.address, name="account-address-new"),
    path("account/addresses/<int:address_id>/", account.address, name="account-address"),
    path(
        "account/addresses/<int:address_id>/delete/",
        account.delete_address,
        name="account-address-delete",
    ),
    path("account/methods/", methods.mine, name="account-methods"),
    path("account/methods/<int:method_id>/", methods.change, name="account-method"),
    path("account/credit/", credit.mine, name="account-credit"),
    path("account/orders/", order_list.order_list, name="account-orders"),
    path("account/orders/<str:number>/", account.order, name="account-order"),
    path("account/2fa/totp/move/", MoveView.as_view(), name="second-factor-move"),
    path("account/unlock/<str:token>/", unlock, name="account-unlock"),
    path("account/", include("allauth.urls")),
    path("sell/", sell.apply, name="sell"),
    path("sell/join/<str:token>/", join.join, name="sell-join"),
    path("api/v1/", stock_api.urls),
    path("webhooks/stripe/", stripe.receive, name="stripe-webhook"),
    path("webhooks/easypost/", easypost.receive, name="easypost-webhook"),
    path("sitemap.xml", hourly(sitemaps.index), {"sitemaps": machines.SITEMAPS}),
    path(
        "sitemap-<section>.xml",
        hourly(sitemaps.sitemap),
        {"sitemaps": machines.SITEMAPS, "template_name": "sitemap.xml"},
        name="django.contrib.sitemaps.views.sitemap",
    ),
    path("robots.txt", machines.robots),
    path("manifest.webmanifest", machines.manifest, name="manifest"),
    path("favicon.ico", RedirectView.as_view(url="/static/img/favicon.svg", permanent=True)),
    path("documents/", include(document_urls)),
    path("admin/login/", admin_sign_in, name="admin-login"),
    path("admin/", include(admin_urls)),
]

if settings.DEBUG:
    from devtools.urls import urlpatterns as devtools_urls
    from storefront.styleguide import styleguide

    urlpatterns += [path("styleguide/", styleguide, name="styleguide"), *devtools_urls]

urlpatterns += [
    re_path(wagtail_urls.serve_pattern, pages.serve),
    path("", include(wagtail_urls)),
]

handler400 = "storefront.errors.bad_request"
handler404 = "storefront.errors.not_found"
handler500 = "storefront.errors.server_error"
handler403 = "storefront.errors.forbidden"
handler429 = "storefront.errors.too_often"
