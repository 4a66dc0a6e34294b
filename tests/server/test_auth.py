from tests.cast import sign_in


def test_alice_signs_in_and_is_told_who_she_is(client, cast):
    answer = client.get("/api/auth/me", headers=sign_in(client, cast.alice))
    assert answer.status_code == 200, answer.text
    assert answer.json["user"]["login"] == "alice"
