import pytest
from django.test import Client
from tests.access import *
from tests.test_access_matrix import *
from tests.confirmed import just_confirmed

def test_probe(alice, key, as_user):
    b = just_confirmed(as_user(alice))
    things = things_of(key)
    for name in DECLARED:
        if OURS[name].get[0] == 200:
            a = b.get(address(name, things)); print(name, a.status_code, a["Content-Type"])
    for name in ALLAUTHS:
        for who, c in (("alice", b), ("anon", Client())):
            a = c.get(account_address(name)); print(name, who, a.status_code, a.get("Content-Type"), a.get("Location"))
