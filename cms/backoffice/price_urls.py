"""Addresses of the screens about prices and promotions."""

from django.urls import path

from .views import groups, promotions

urlpatterns = [
    path("groups/", groups.GroupList.as_view(), name="groups"),
    path("groups/new/", groups.EditGroup.as_view(), name="group_new"),
    path("groups/<int:customer_group_id>/", groups.EditGroup.as_view(), name="group"),
    path("promotions/", promotions.PromotionList.as_view(), name="promotions"),
    path(
        "promotions/results/",
        promotions.PromotionList.as_view(results_only=True),
        name="promotions_results",
    ),
    path("promotions/new/", promotions.EditPromotion.as_view(), name="promotion_new"),
    path("promotions/<int:promotion_id>/", promotions.EditPromotion.as_view(), name="promotion"),
    path(
        "promotions/<int:promotion_id>/end/",
        promotions.EndPromotion.as_view(),
        name="promotion_end",
    ),
]
