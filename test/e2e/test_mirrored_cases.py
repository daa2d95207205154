"""The contract's own test cases (service-api.md, "Test cases to mirror") of store, retrieve of scopes, metadata, change
feed and partitions: which of our tests makes each claim. Where we answer otherwise on purpose, the line says so."""
import pathlib
import re

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent

MIRRORED = {
    "STOW: empty single body 409": "test_stow.test_an_empty_single_body_is_409",
    "STOW: bad study UID 400": "test_stow.test_a_bad_study_uid_in_the_path_is_400",
    "STOW: wrong Accept 406": "test_stow.test_a_wrong_accept_is_406_and_stores_nothing",
    "STOW: non-multipart/non-dicom 415": "test_stow.test_what_is_neither_dicom_nor_related_parts_is_415",
    "STOW: multipart no parts 204": "test_stow.test_multipart_of_no_parts_is_204",
    "STOW: multipart empty part 409": "test_stow.test_multipart_with_only_an_empty_part_is_409",
    "STOW: one bad part among good 202": "test_stow.test_one_bad_part_among_good_ones_is_202",
    "STOW: first part without Content-Type + root type 200":
        "test_stow.test_a_first_part_without_content_type_takes_the_root_type",
    "STOW: all foreign study UIDs 409": "test_stow.test_all_of_another_study_is_409",
    "STOW: one foreign 202": "test_stow.test_one_of_another_study_is_202",
    "STOW: duplicate inside request 202": "test_stow.test_a_duplicate_inside_a_request_is_202",
    "STOW: duplicate stored 409": "test_stow.test_a_duplicate_of_what_is_stored_is_409_and_changes_nothing",
    "STOW: bad UID 409": "test_stow.test_a_bad_uid_is_409",
    "STOW: single part 200 and byte-equal retrieve":
        "test_stow.test_a_single_part_is_stored_and_comes_back_byte_for_byte",
    "STOW: multi-value indexed tag 200 + Warning":
        "test_stow.test_several_values_where_one_is_indexed_are_stored_with_a_warning_header",
    "STOW: padded study UID dup 409": "test_stow.test_a_study_uid_padded_with_a_space_is_the_same_study",
    "STOW: v1 bad VR 409 / v2 202": "test_stow.test_a_bad_indexed_value_is_409_in_v1_and_a_warning_in_v2",
    "STOW: null padding ok": "test_stow.test_null_padding_is_fine_in_v2",
    "STOW: PatientID bad chars 409": "test_stow.test_control_characters_in_patient_id_are_409_under_the_contract",
    "STOW: large single/multi part ok": "test_stow.test_a_large_instance_is_stored_by_every_way",
    "WADO: mixed syntaxes in study: 406 unless * (ours: 200 as stored)":
        "test_retrieve_scope.test_a_study_of_mixed_syntaxes_comes_whole_and_as_it_is_stored",
    "WADO: missing 404": "test_retrieve_scope.test_what_is_not_there_is_404_and_a_bad_uid_400",
    "Metadata ETag: match 304": "test_metadata.test_a_match_is_304_with_the_tag_and_no_body",
    "Metadata ETag: mismatch 200 new ETag": "test_metadata.test_a_mismatch_is_200_with_the_tag",
    "Metadata ETag: absent 200": "test_metadata.test_it_is_strong_and_stays_while_nothing_changes",
    "Metadata ETag: store in study changes it": "test_metadata.test_a_store_into_the_study_changes_it",
    "Metadata ETag: delete in study changes it": "test_metadata.test_a_delete_in_the_study_changes_it",
    "Change feed: v1": "test_changefeed.test_v1_entries_follow_in_order_of_sequence_with_metadata",
    "Change feed: v2 window":
        "test_changefeed.test_v2_shows_a_window_of_time_whose_start_is_in_it_and_whose_end_is_not",
    "Change feed: delete+replace states":
        "test_changefeed.test_a_deleted_and_stored_again_instance_is_told_in_three_entries_of_its_present_state",
    "Change feed: no-metadata flag": "test_changefeed.test_without_metadata_none_is_told",
    "Change feed: bad params 400": "test_changefeed.test_a_bad_parameter_is_400_and_named",
    "Change feed: partition name": "test_changefeed.test_entries_of_all_partitions_are_in_one_feed_and_name_theirs",
    "Partitions: implicit create": "test_partitions.test_it_is_204_before_anything_is_stored_and_names_what_was_made",
    "Partitions: isolation": "test_partitions.test_each_has_its_own_bytes_frames_and_metadata",
    "Partitions: list": "test_access_matrix.test_the_list_of_partitions_has_what_the_role_may_read",
    "Auth: no token 401": "test_access_matrix.test_without_a_credential_nothing_is_answered",
}


@pytest.mark.parametrize("line", MIRRORED)
def test_the_case_is_claimed_by_a_test_of_that_name(line):
    module, name = MIRRORED[line].split(".")
    assert re.search(rf"^ *def {name}\(", (FOLDER / f"{module}.py").read_text(), re.MULTILINE), MIRRORED[line]
