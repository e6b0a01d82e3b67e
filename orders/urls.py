"""The addresses of orders; each names its view, which names its verb: two hops (DESIGN section 4)."""

from django.urls import path

from orders.views import detail, images, keys, lists, name, new, strips

app_name = "orders"
urlpatterns = [
    path("teams/<slug:slug>/orders/", lists.order_list, name="list"),
    path("teams/<slug:slug>/orders/new/", new.order_new, name="new"),
    path("orders/<int:pk>/", detail.order_detail, name="detail"),
    path("orders/<int:pk>/name/", name.order_name, name="name"),
    path("orders/<int:pk>/refresh/", detail.order_refresh, name="refresh"),
    path("orders/<int:pk>/images/<int:n>/", images.order_image, name="image"),
    path("orders/<int:pk>/strip/", strips.order_strip, name="strip"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:pk>/replace/", keys.key_replace, name="key_replace"),
    path("keys/<int:pk>/test/", keys.key_test, name="key_test"),
    path("keys/<int:pk>/delete/", keys.key_delete, name="key_delete"),
    path("keys/<int:pk>/sharing/", keys.key_sharing, name="key_sharing"),
]
