"""A stand-in for Autoenhance, for trying the product and for tests; never in production.

It follows our own collection of facts about the API, the contract; "contract 7" below and in the modules
means section 7 of it, and "guess" marks what the contract calls unknown. `python -m orders.sandbox` serves it.

    app         the service, put together          records     what is kept, and how it changes by itself
    auth        which account a key opens          store       keeping it, in one SQLite file
    order_api   /v3/orders/ and /v3/brackets/      answers     records as the JSON that people see
    image_api   /v3/images/, pictures, uploads     drawing     the pictures
    schemas     what a request may say             seed        some two hundred believable orders
"""
