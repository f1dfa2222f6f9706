"""What one seller has in the admin, with a marker in every word of it."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from wagtail.admin.models import EditingSession
from wagtail.models import (
    Collection,
    Comment,
    PageLogEntry,
    Revision,
    Site,
    UploadedFile,
    Workflow,
    get_default_page_content_type,
)

from cms.importing.models import ImportJob, ImportProblem
from cms.media.models import ShopDocument, ShopImage
from cms.pages.models import CategoryIndexPage, ProductPage
from cms.selling import order_exports
from commerce.catalog import operations as catalog
from commerce.catalog.queries import variants_of
from commerce.documents import operations as documents
from commerce.documents.models import Document
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.models import Label
from commerce.hooks import operations as hooks
from commerce.hooks.models import Delivery
from commerce.hooks.queries import keys_of
from commerce.inventory import operations as inventory
from commerce.inventory.queries import locations_of
from commerce.orders.models import SellerOrder
from commerce.payouts import operations as payouts
from commerce.pricing import operations as pricing
from commerce.pricing.operations import ListPriceInput, PriceListInput
from commerce.returns.models import Case, CaseLine, CasePicture
from commerce.sellers import operations as sellers
from commerce.sellers.models import Seller
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_sellable, product_of
from tests.factories.fulfillment import shipped
from tests.factories.pages import a_category, a_draft, a_live_page, an_image
from tests.factories.payouts import earned, make_payable
from tests.factories.pricing import make_promotion
from tests.factories.sales import Sold, sell
from tests.factories.selling import Shop, open_shop
from tests.support.admin_doors import World


@dataclass(frozen=True)
class Seat:
    """A seller, its people, and the ids of everything it has."""

    shop: Shop
    ids: World

    def fingerprint(self) -> list[tuple[Any, ...]]:
        """Return what must not change when somebody else is at work."""
        seller, path = self.shop.seller.pk, self.shop.workspace.page.path
        with connection.cursor() as cursor:
            cursor.execute(_FINGERPRINT, {"seller": seller, "path": f"{path}%"} | self._places())
            return cursor.fetchall()

    def _places(self) -> World:
        return {"collection": self.shop.workspace.collection_id}


_FINGERPRINT = """
SELECT 'page', md5(string_agg(p::text, '|' ORDER BY p.id)) FROM wagtailcore_page p WHERE path LIKE %(path)s
UNION ALL SELECT 'product page', md5(string_agg(p::text, '|' ORDER BY p.page_ptr_id)) FROM pages_productpage p JOIN wagtailcore_page w ON w.id = p.page_ptr_id WHERE w.path LIKE %(path)s
UNION ALL SELECT 'revision', md5(string_agg(r::text, '|' ORDER BY r.id)) FROM wagtailcore_revision r WHERE r.object_id IN (SELECT id::text FROM wagtailcore_page WHERE path LIKE %(path)s)
UNION ALL SELECT 'task', md5(string_agg(t::text, '|' ORDER BY t.id)) FROM wagtailcore_taskstate t JOIN wagtailcore_revision r ON r.id = t.revision_id WHERE r.object_id IN (SELECT id::text FROM wagtailcore_page WHERE path LIKE %(path)s)
UNION ALL SELECT 'comment', md5(string_agg(c::text, '|' ORDER BY c.id)) FROM wagtailcore_comment c JOIN wagtailcore_page p ON p.id = c.page_id WHERE p.path LIKE %(path)s
UNION ALL SELECT 'image', md5(string_agg(i::text, '|' ORDER BY i.id)) FROM media_shopimage i WHERE collection_id = %(collection)s
UNION ALL SELECT 'collection', md5(string_agg(c::text, '|' ORDER BY c.id)) FROM wagtailcore_collection c WHERE id = %(collection)s
UNION ALL SELECT 'seller', md5(string_agg(s::text, '|' ORDER BY s.id)) FROM sellers_seller s WHERE id = %(seller)s
UNION ALL SELECT 'member', md5(string_agg(m::text, '|' ORDER BY m.id)) FROM sellers_member m WHERE seller_id = %(seller)s
UNION ALL SELECT 'invitation', md5(string_agg(i::text, '|' ORDER BY i.id)) FROM sellers_invitation i WHERE seller_id = %(seller)s
UNION ALL SELECT 'product', md5(string_agg(p::text, '|' ORDER BY p.id)) FROM catalog_product p WHERE seller_id = %(seller)s
UNION ALL SELECT 'variant', md5(string_agg(v::text, '|' ORDER BY v.id)) FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id WHERE p.seller_id = %(seller)s
UNION ALL SELECT 'price', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM pricing_price x JOIN catalog_variant v ON v.id = x.variant_id JOIN catalog_product p ON p.id = v.product_id WHERE p.seller_id = %(seller)s
UNION ALL SELECT 'stock', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM inventory_stock x JOIN inventory_location l ON l.id = x.location_id WHERE l.seller_id = %(seller)s
UNION ALL SELECT 'count', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM inventory_countsheet x JOIN inventory_location l ON l.id = x.location_id WHERE l.seller_id = %(seller)s
UNION ALL SELECT 'policy', md5(string_agg(x::text, '|' ORDER BY x.variant_id)) FROM inventory_skupolicy x JOIN catalog_variant v ON v.id = x.variant_id JOIN catalog_product p ON p.id = v.product_id WHERE p.seller_id = %(seller)s
UNION ALL SELECT 'key', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM hooks_apikey x WHERE seller_id = %(seller)s
UNION ALL SELECT 'endpoint', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM hooks_endpoint x WHERE seller_id = %(seller)s
UNION ALL SELECT 'delivery', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM hooks_delivery x JOIN hooks_endpoint e ON e.id = x.endpoint_id WHERE e.seller_id = %(seller)s
UNION ALL SELECT 'order', md5(string_agg(o::text, '|' ORDER BY o.id)) FROM orders_sellerorder o WHERE seller_id = %(seller)s
UNION ALL SELECT 'shipment', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_shipment x WHERE seller_id = %(seller)s
UNION ALL SELECT 'earning', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM payouts_earning x WHERE seller_id = %(seller)s
UNION ALL SELECT 'method', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_shippingmethod x WHERE seller_id = %(seller)s
UNION ALL SELECT 'zone', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_zone x WHERE seller_id = %(seller)s
UNION ALL SELECT 'label', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_label x WHERE seller_id = %(seller)s
UNION ALL SELECT 'dispatch', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_dispatch x WHERE seller_id = %(seller)s
UNION ALL SELECT 'store', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM fulfillment_pickuppoint x JOIN inventory_location l ON l.id = x.location_id WHERE l.seller_id = %(seller)s
UNION ALL SELECT 'import', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM importing_importjob x WHERE seller_id = %(seller)s
UNION ALL SELECT 'export', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM selling_orderexport x WHERE seller_id = %(seller)s
UNION ALL SELECT 'document', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM documents_document x WHERE seller_id = %(seller)s
UNION ALL SELECT 'letterhead', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM documents_letterhead x WHERE seller_id = %(seller)s
UNION ALL SELECT 'price list', md5(string_agg(x::text || l::text, '|' ORDER BY x.id, l.id)) FROM pricing_pricelist x JOIN pricing_listprice l ON l.price_list_id = x.id WHERE x.seller_id = %(seller)s
UNION ALL SELECT 'promotion', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM pricing_promotion x WHERE seller_id = %(seller)s
UNION ALL SELECT 'request', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM returns_case x WHERE seller_id = %(seller)s
UNION ALL SELECT 'payout', md5(string_agg(x::text, '|' ORDER BY x.id)) FROM payouts_payout x WHERE seller_id = %(seller)s
"""  # noqa: E501


def seat(name: str) -> Seat:
    """A seller with a live page, one in moderation, pictures, orders, parcels and a payout."""
    shop = open_shop(name)
    Seller.objects.filter(pk=shop.seller.pk).update(legal_name=f"{name} legal")
    for person in shop.people.values():
        person.first_name = f"{name} person"
        person.save()
    image = an_image(f"{name} picture", collection=shop.workspace.collection)
    image.tags.add(f"{name} tag", "ceramics")
    live, draft = _pages(shop, name, image)
    sold, sent = _orders(shop, name)
    payout = _payout(shop)
    return Seat(
        shop,
        {
            **_page_ids(shop, live, draft),
            **_image_ids(shop, image, name),
            "number": sold.number,
            "shipment_id": sent,
            "product_id": live.product_id,
            "variant_id": variants_of(product_ids=[live.product_id])[live.product_id][0].id,
            "order_number": sold.order_number,
            "paper": _invoice(sold),
            "seller_id": shop.seller.pk,
            "payout_id": payout,
            "user_id": shop.people["packer"].pk,
            "invitation_id": _invitation(shop, name),
            **_request(shop, name),
            "job_id": _import(shop, name),
            "export_id": _export(shop),
            "method_id": _shipping(shop, name),
            "zone_id": fulfillment.save_zone(
                seller_id=shop.seller.pk, name=f"{name} zone", places=["US"]
            ),
            "location_id": _store(shop, name),
            **_machines(shop, name),
            "label_id": _label(shop, sold),
            "list_id": _price_list(shop, live.product_id, name),
            "promotion_id": make_promotion(seller_id=shop.seller.pk, label=f"{name} sale"),
        },
    )


def _request(shop: Shop, name: str) -> World:
    """A cancellation that a shopper asks for, with a picture, of an order of its own."""
    part = sell(Sold(seller=shop.seller, titles=[f"{name} asked"])).seller_orders[0]
    case = Case.objects.create(
        number=f"{part.number}-C1",
        seller=shop.seller,
        seller_order_id=part.id,
        kind="cancel",
        note=f"{name} note",
        asked_by="user:1",
    )
    CaseLine.objects.create(case=case, order_line_id=part.lines[0].id, quantity=1)
    picture = CasePicture.objects.create(case=case, file=ContentFile(b"jpeg", "picture.jpg"))
    return {"case_number": case.number, "picture_id": picture.pk}


def _invitation(shop: Shop, name: str) -> int:
    return sellers.invite(
        seller_id=shop.seller.pk,
        email=f"{name.lower()}.new@example.com",
        role="packer",
        invited_by=shop.people["owner"].pk,
    )


def _machines(shop: Shop, name: str) -> World:
    """A count, a key, and an address that was told something."""
    seller_id = shop.seller.pk
    home = locations_of(seller_id=seller_id)[0].id
    hooks.create_key(seller_id=seller_id, name=f"{name} key")
    host = "-".join(re.findall("[a-z]+", name.lower()))
    endpoint_id, _ = hooks.add_endpoint(seller_id=seller_id, url=f"https://{host}.example.com/stoa")
    delivery = Delivery.objects.create(
        endpoint_id=endpoint_id, kind="stock.changed", body={"stock": [{"sku": f"{name}-sku"}]}
    )
    return {
        "sheet_id": inventory.start_count(seller_id=seller_id, location_id=home),
        "key_id": keys_of(seller_id=seller_id)[0].id,
        "endpoint_id": endpoint_id,
        "delivery_id": delivery.pk,
    }


def _price_list(shop: Shop, product_id: int, name: str) -> int:
    variant = variants_of(product_ids=[product_id])[product_id][0]
    return pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=shop.seller.pk,
            name=f"{name} list",
            currency="USD",
            prices=[ListPriceInput(variant_id=variant.id, amount_minor=900)],
        )
    )


def _pages(shop: Shop, name: str, image: ShopImage) -> tuple[ProductPage, ProductPage]:
    owner = shop.people["owner"]
    pages = []
    for word in ("live", "draft"):
        sku = f"{name}-{word}-sku".replace(" ", "-")
        product_id = product_of(make_sellable(seller_id=shop.seller.pk, sku=sku))
        catalog.update_product(product_id=product_id, name=f"{name} {word}", brand=f"{name} brand")
        make = a_live_page if word == "live" else a_draft
        parent = shop.workspace.page
        parent.refresh_from_db()
        page = make(
            product_id, parent=parent, title=f"{name} {word}", owner=owner, image=image,
            categories=[CategoryIndexPage.objects.get().get_children().first().specific]
            if CategoryIndexPage.objects.get().numchild
            else [a_category()],
        )  # fmt: skip
        pages.append(page)
    live, draft = pages
    Comment.objects.create(
        page=draft, user=owner, text=f"{name} comment", contentpath="title", position=""
    )
    PageLogEntry.objects.log_action(draft, "wagtail.edit", user=owner)
    draft.get_workflow().start(draft, owner)
    return live, draft


def _page_ids(shop: Shop, live: ProductPage, draft: ProductPage) -> World:
    state = draft.current_workflow_state
    session = EditingSession.objects.create(
        user=shop.people["owner"],
        content_type=get_default_page_content_type(),
        object_id=draft.pk,
        last_seen_at=timezone.now(),
    )
    return {
        "page_id": draft.pk,
        "parent_page_id": shop.workspace.page_id,
        "page_to_move_id": live.pk,
        "destination_id": shop.workspace.page_id,
        "page_pk": draft.pk,
        "object_id": draft.pk,
        "pk": draft.pk,
        "revision_id": Revision.objects.for_instance(draft).first().pk,
        "revision_id_a": Revision.objects.for_instance(draft).first().pk,
        "revision_id_b": draft.latest_revision_id,
        "workflow_state_id": state.pk,
        "task_state_id": state.current_task_state_id,
        "session_id": session.pk,
    }


def _image_ids(shop: Shop, image: ShopImage, name: str) -> World:
    upload = UploadedFile.objects.create(
        for_content_type=None,
        file=ContentFile(b"x", name="x.txt"),
        uploaded_by_user=shop.people["owner"],
    )
    document = ShopDocument.objects.create(
        title=f"{name} document", file=ContentFile(b"x", name="x.txt")
    )
    return {
        "image_id": image.pk,
        "image_pk": image.pk,
        "uploaded_file_id": upload.pk,
        "collection_id": shop.workspace.collection_id,
        "document_id": document.pk,
        "doc_id": document.pk,
    }


def _orders(shop: Shop, name: str) -> tuple[Any, int]:
    order = sell(
        Sold(seller=shop.seller, titles=[f"{name} goods"]), email=f"{name.lower()}@x.example.com"
    )
    part = order.seller_orders[0]
    label = Label.objects.create(
        key=name, seller=shop.seller, seller_order_id=part.id, carrier_name="usps",
        service=f"{name} service", weight_grams=1, origin={}, destination={}, currency="USD",
        most_minor=1,
    )  # fmt: skip
    Label.objects.filter(pk=label.pk).update(state="failed", problem=f"{name} problem")
    return part, shipped(part)


def _invoice(sold: Any) -> str:
    return Document.objects.get(pk=documents.issue_invoice(seller_order_id=sold.id)).number


def _store(shop: Shop, name: str) -> int:
    place = inventory.ensure_location(seller_id=shop.seller.pk, name=f"{name} store", country="US")
    address = replace(SAN_FRANCISCO, company=f"{name} Ltd")
    fulfillment.set_pick_up_point(
        seller_id=shop.seller.pk, location_id=place, address=address, opening_hours=f"{name} hours"
    )
    return place


def _label(shop: Shop, part: Any) -> int:
    """The label that was not bought before the parcel left."""
    return int(Label.objects.get(seller_order_id=part.id, seller_id=shop.seller.pk).pk)


def _payout(shop: Shop) -> int:
    make_payable(shop.seller)
    earned(shop.seller)
    return payouts.run(period=f"period {shop.seller.pk}")[0]


def _shipping(shop: Shop, name: str) -> int:
    return fulfillment.set_shipping_method(
        seller_id=shop.seller.pk, name=f"{name} express", carrier_code="usps", currency="USD",
        base_minor=900, days=(1, 2),
    )  # fmt: skip


def _import(shop: Shop, name: str) -> int:
    job = ImportJob.objects.create(
        seller=shop.seller, user=shop.people["owner"], file_name=f"{name}.csv", digest=name,
        state=ImportJob.State.DONE,
    )  # fmt: skip
    ImportProblem.objects.create(job=job, row=1, handle=name, message=f"{name} problem")
    return int(job.pk)


def _export(shop: Shop) -> int:
    """A table of all that was sold, ready to be fetched by the owner."""
    parts = SellerOrder.objects.filter(seller=shop.seller).order_by("pk")
    export_id = order_exports.ask(
        seller_id=shop.seller.pk,
        user_id=shop.people["owner"].pk,
        kind="csv",
        part_ids=list(parts.values_list("pk", flat=True)),
        lines=parts.count(),
    )
    order_exports.make(export_id=export_id)
    return export_id


def shared() -> World:
    """Ids of what belongs to nobody or to everybody."""
    index = CategoryIndexPage.objects.get()
    workflow = Workflow.objects.first()
    return {
        "page_id": index.pk,
        "parent_page_id": index.get_parent().pk,
        "page_to_move_id": index.pk,
        "destination_id": index.get_parent().pk,
        "page_pk": index.pk,
        "pk": Site.objects.get().pk,
        "workflow_pk": workflow.pk,
        "collection_id": Collection.get_first_root_node().pk,
        "group_id": Group.objects.first().pk,
        "customer_group_id": pricing.save_group(name="Trade", user_ids=[]),
        "task_id": workflow.tasks.first().pk,
        "redirect_id": 1,
        "currency": "EUR",
        "journal_id": 1,
        "payment_id": 1,
        "credit_id": 1,
        "dispute_id": 1,
        "gift_id": 1,
        "break_id": 1,
        "application_id": 1,
        "instance_pk": 1,
        "content_type_app_name": "pages",
        "content_type_model_name": "productpage",
        "app_name": "pages",
        "app_label": "pages",
        "model_name": "productpage",
        "action": "delete",
        "action_name": "approve",
        "filter_spec": "max-165x165",
        "uidb64": "MQ",
        "token": "x",
    }
