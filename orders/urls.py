"""The addresses of orders; each names its view, which names its verb: two hops (DESIGN section 4)."""

from django.urls import path

from orders.views import bulk, detail, export, images, keys, lists, name, new, saved, strips, syncs

app_name = "orders"
urlpatterns = [
    path("teams/<slug:slug>/orders/", lists.order_list, name="list"),
    path("teams/<slug:slug>/orders/new/", new.order_new, name="new"),
    path("teams/<slug:slug>/orders/sync/", syncs.order_sync, name="sync"),
    path("teams/<slug:slug>/orders/names/", bulk.names, name="names"),
    path("teams/<slug:slug>/orders/names/<int:pk>/", bulk.batch, name="batch"),
    path("teams/<slug:slug>/orders/names/<int:pk>/again/", bulk.batch_again, name="batch_again"),
    path("teams/<slug:slug>/orders/names/<int:pk>/undo/", bulk.batch_undo, name="batch_undo"),
    path("teams/<slug:slug>/orders.csv", export.orders_csv, name="export"),
    path("teams/<slug:slug>/orders/find/", lists.order_find, name="find"),
    path("teams/<slug:slug>/orders/page-size/", lists.page_size, name="page_size"),
    path("teams/<slug:slug>/views/", saved.saved_views, name="views"),
    path("views/<int:pk>/name/", saved.view_name, name="view_name"),
    path("views/<int:pk>/delete/", saved.view_delete, name="view_delete"),
    path("views/<int:pk>/pin/", saved.view_pin, name="view_pin"),
    path("views/<int:pk>/default/", saved.view_default, name="view_default"),
    path("views/<int:pk>/sharing/", saved.view_sharing, name="view_sharing"),
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
