// @generated automatically by Diesel CLI.

diesel::table! {
    acknowledgements (id) {
        id -> Text,
        deliverable_id -> Text,
        membership_id -> Text,
        agreed -> Bool,
        text -> Nullable<Text>,
        position -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    affiliation_requests (id) {
        id -> Text,
        person_id -> Text,
        supporter_id -> Text,
        message -> Nullable<Text>,
        status -> Text,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    affiliations (id) {
        id -> Text,
        person_id -> Text,
        supporter_id -> Text,
        role -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    audit_entries (seq) {
        seq -> BigInt,
        at -> Timestamp,
        actor_id -> Nullable<Text>,
        act -> Text,
        object_type -> Text,
        object_id -> Text,
        from_state -> Nullable<Text>,
        to_state -> Nullable<Text>,
        reason_digest -> Nullable<Text>,
        request_id -> Nullable<Text>,
        hash -> Text,
        group_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        seq -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    audit_reasons (seq) {
        seq -> BigInt,
        salt -> Text,
        reason -> Text,
    }
}

diesel::table! {
    calendar_feeds (person_id) {
        person_id -> Text,
        id -> Text,
        token_hash -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    call_sections (name) {
        name -> Text,
        body -> Text,
    }
}

diesel::table! {
    calls (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        launched_on -> Date,
        website -> Nullable<Text>,
        contact_email -> Text,
        time_zone -> Text,
        as_of -> Date,
        locales -> Text,
        min_seats -> BigInt,
        max_seats -> BigInt,
        min_sectors -> BigInt,
        min_countries -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    co_chair_seats (id) {
        id -> Text,
        group_id -> Text,
        supporter_id -> Text,
        position -> BigInt,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    comments (id) {
        id -> Text,
        deliverable_id -> Text,
        author_id -> Text,
        reply_to -> Nullable<Text>,
        body -> Text,
        edited_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        hidden_at -> Nullable<Timestamp>,
        hidden_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    consultation_announcements (id) {
        id -> Text,
        consultation_id -> Text,
        kind -> Text,
        params -> Text,
        caused_by -> Nullable<Text>,
        done_to -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    consultation_audience (consultation_id, supporter_id) {
        consultation_id -> Text,
        supporter_id -> Text,
        sector -> Nullable<Text>,
        region -> Nullable<Text>,
    }
}

diesel::table! {
    consultation_questions (id) {
        id -> Text,
        consultation_id -> Text,
        position -> BigInt,
        kind -> Text,
        prompt -> Text,
        required -> Bool,
        options -> Nullable<Text>,
        min -> Nullable<BigInt>,
        max -> Nullable<BigInt>,
        max_length -> Nullable<BigInt>,
    }
}

diesel::table! {
    consultation_tallies (consultation_id) {
        consultation_id -> Text,
        tally -> Text,
        submitted -> Nullable<BigInt>,
        created_at -> Timestamp,
        invited -> Nullable<BigInt>,
    }
}

diesel::table! {
    consultations (id) {
        id -> Text,
        slug -> Text,
        scope -> Text,
        group_id -> Nullable<Text>,
        deliverable_id -> Nullable<Text>,
        deliverable_version -> Nullable<BigInt>,
        title -> Text,
        background -> Nullable<Text>,
        synthesis -> Nullable<Text>,
        audience -> Text,
        allowed_visibility -> Text,
        status -> Text,
        opens_at -> Timestamp,
        closes_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        published_at -> Nullable<Timestamp>,
        search_text -> Text,
        synthesis_version -> BigInt,
        questions_version -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        closes_set_at -> Timestamp,
        narrowings -> BigInt,
    }
}

diesel::table! {
    contribution_revisions (contribution_id, number) {
        contribution_id -> Text,
        number -> BigInt,
        answers -> Text,
        visibility -> Text,
        submitted_by -> Nullable<Text>,
        submitted_at -> Timestamp,
    }
}

diesel::table! {
    contribution_writers (contribution_id, person_id) {
        contribution_id -> Text,
        person_id -> Text,
    }
}

diesel::table! {
    contributions (id) {
        id -> Text,
        consultation_id -> Text,
        owner -> Text,
        supporter_id -> Nullable<Text>,
        person_id -> Nullable<Text>,
        email -> Nullable<Text>,
        locale -> Nullable<Text>,
        status -> Text,
        revision -> BigInt,
        answers -> Nullable<Text>,
        visibility -> Nullable<Text>,
        submitted_at -> Nullable<Timestamp>,
        working_answers -> Nullable<Text>,
        working_visibility -> Nullable<Text>,
        sector -> Nullable<Text>,
        region -> Nullable<Text>,
        listing_id -> Text,
        hidden_at -> Nullable<Timestamp>,
        hidden_reason -> Nullable<Text>,
        moderation_version -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    deliverable_principles (deliverable_id, principle) {
        deliverable_id -> Text,
        principle -> BigInt,
    }
}

diesel::table! {
    deliverable_versions (id) {
        id -> Text,
        deliverable_id -> Text,
        number -> BigInt,
        stored_as -> Nullable<Text>,
        file_name -> Nullable<Text>,
        media_type -> Nullable<Text>,
        size -> Nullable<BigInt>,
        sha256 -> Nullable<Text>,
        url -> Nullable<Text>,
        note -> Nullable<Text>,
        added_by -> Text,
        withheld_at -> Nullable<Timestamp>,
        withheld_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        consulted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    deliverables (id) {
        id -> Text,
        group_id -> Text,
        number -> BigInt,
        reference -> Text,
        title -> Text,
        folded_title -> Text,
        summary -> Nullable<Text>,
        kind -> Text,
        status -> Text,
        due_on -> Date,
        progress -> BigInt,
        lead_membership_id -> Nullable<Text>,
        forum_edition_id -> Nullable<Text>,
        approved_version -> Nullable<BigInt>,
        binds_no_supporter -> Bool,
        risk_reason -> Nullable<Text>,
        risk_since -> Nullable<Timestamp>,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        due_set_at -> Timestamp,
    }
}

diesel::table! {
    derogations (id) {
        id -> Text,
        group_id -> Text,
        waives -> Text,
        reason -> Text,
        granted_by -> Nullable<Text>,
        since -> Date,
        until -> Nullable<Date>,
        withdrawn_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        expired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    digest_items (id) {
        id -> Text,
        person_id -> Text,
        kind -> Text,
        params -> Text,
        concealed -> Bool,
        due_at -> Timestamp,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dispositions (id) {
        id -> Text,
        consultation_id -> Text,
        contribution_id -> Text,
        question_id -> Text,
        point -> Text,
        disposition -> Text,
        reason -> Text,
        deliverable_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    forum_editions (id) {
        id -> Text,
        year -> BigInt,
        name -> Text,
        city -> Text,
        country -> Text,
        venue -> Nullable<Text>,
        time_zone -> Text,
        starts_on -> Date,
        ends_on -> Date,
        submission_deadline -> Nullable<Date>,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        starts_set_at -> Timestamp,
        deadline_set_at -> Timestamp,
    }
}

diesel::table! {
    forum_sessions (id) {
        id -> Text,
        forum_edition_id -> Text,
        title -> Text,
        day -> Date,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        room -> Nullable<Text>,
        moderator -> Nullable<Text>,
        panellists -> Text,
        recording_url -> Nullable<Text>,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    group_aliases (alias) {
        alias -> Text,
        group_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    group_messages (id) {
        id -> Text,
        group_id -> Text,
        sender_id -> Text,
        audience -> Text,
        subject -> Text,
        body -> Text,
        recipients -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    group_principles (group_id, principle) {
        group_id -> Text,
        principle -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (caller, route, idempotency_key) {
        caller -> Text,
        route -> Text,
        idempotency_key -> Text,
        body_digest -> Text,
        status -> BigInt,
        object_id -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        supporter_id -> Nullable<Text>,
        group_id -> Nullable<Text>,
        body -> Nullable<Text>,
        email -> Nullable<Text>,
        folded_email -> Nullable<Text>,
        role -> Text,
        invited_by -> Nullable<Text>,
        accepted_by -> Nullable<Text>,
        status -> Text,
        expires_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    job_leases (name) {
        name -> Text,
        holder -> Text,
        leased_until -> Timestamp,
    }
}

diesel::table! {
    kinds (id) {
        id -> Text,
        code -> Text,
        name -> Text,
        position -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    login_addresses (person_id, address_digest) {
        person_id -> Text,
        address_digest -> Text,
        last_login_at -> Timestamp,
    }
}

diesel::table! {
    login_failures (key) {
        key -> Text,
        failures -> BigInt,
        window_started_at -> Timestamp,
        blocked_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mail_acts (id) {
        id -> Text,
        purpose -> Text,
        subject_id -> Text,
        token_hash -> Nullable<Text>,
        detail -> Text,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        voided_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    meeting_attendance (id) {
        id -> Text,
        meeting_id -> Text,
        person_id -> Text,
        status -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    meetings (id) {
        id -> Text,
        group_id -> Text,
        title -> Text,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        time_zone -> Text,
        place -> Nullable<Text>,
        link -> Nullable<Text>,
        agenda -> Nullable<Text>,
        minutes -> Nullable<Text>,
        minutes_status -> Text,
        status -> Text,
        sequence -> BigInt,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    memberships (id) {
        id -> Text,
        group_id -> Text,
        person_id -> Text,
        supporter_id -> Nullable<Text>,
        body -> Nullable<Text>,
        role -> Text,
        status -> Text,
        message -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    milestones (id) {
        id -> Text,
        deliverable_id -> Text,
        title -> Text,
        due_on -> Date,
        done_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    notification_counters (person_id) {
        person_id -> Text,
        newest -> BigInt,
    }
}

diesel::table! {
    notification_preferences (person_id) {
        person_id -> Text,
        choices -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    notifications (id) {
        id -> Text,
        person_id -> Text,
        number -> BigInt,
        kind -> Text,
        params -> Text,
        read_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        person_id -> Nullable<Text>,
        recipient -> Text,
        params -> Text,
        state -> Text,
        attempts -> BigInt,
        due_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        lease_holder -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        last_answer -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        locale -> Nullable<Text>,
        concealed -> Bool,
        webhook_id -> Nullable<Text>,
        lane -> Text,
    }
}

diesel::table! {
    person_sessions (id) {
        id -> Text,
        person_id -> Text,
        client -> Text,
        ended_at -> Nullable<Timestamp>,
        expires_at -> Timestamp,
        last_used_at -> Timestamp,
        created_at -> Timestamp,
    }
}

diesel::table! {
    persons (id) {
        id -> Text,
        email -> Nullable<Text>,
        folded_email -> Nullable<Text>,
        email_verified_at -> Nullable<Timestamp>,
        display_name -> Text,
        locale -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        role -> Text,
        password_hash -> Nullable<Text>,
        address_lapsed -> Bool,
        suspended_at -> Nullable<Timestamp>,
        erased_at -> Nullable<Timestamp>,
        totp_secret -> Nullable<Text>,
        totp_confirmed_at -> Nullable<Timestamp>,
        totp_last_step -> Nullable<BigInt>,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    principles (id) {
        id -> Text,
        number -> BigInt,
        title -> Text,
        summary -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    public_contributions (id) {
        id -> Text,
        consultation_id -> Text,
        email -> Text,
        owner -> Text,
        locale -> Text,
        answers -> Text,
        visibility -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> Text,
        person_id -> Text,
        code_hash -> Text,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Text,
        session_id -> Text,
        rotated_at -> Nullable<Timestamp>,
        successor_hash -> Nullable<Text>,
        repeated -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    register_milestones (announced_on) {
        announced_on -> Date,
        total -> BigInt,
        by_sector -> Text,
        source -> Text,
    }
}

diesel::table! {
    reminder_arrivals (person_id) {
        person_id -> Text,
        planned_on -> Date,
    }
}

diesel::table! {
    reminder_days (zone) {
        zone -> Text,
        planned_on -> Date,
    }
}

diesel::table! {
    reminders (kind, subject_id, target_on, days_before, person_id) {
        kind -> Text,
        subject_id -> Text,
        target_on -> Date,
        days_before -> BigInt,
        person_id -> Text,
        sent_at -> Timestamp,
    }
}

diesel::table! {
    seat_persons (id) {
        id -> Text,
        seat_id -> Text,
        person_id -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sectors (id) {
        id -> Text,
        code -> Text,
        name -> Text,
        position -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    session_presentations (session_id, reference) {
        session_id -> Text,
        reference -> Text,
        presented_as -> Text,
        position -> BigInt,
    }
}

diesel::table! {
    settings (id) {
        id -> Text,
        choices -> Text,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    supporter_aliases (alias) {
        alias -> Text,
        supporter_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    supporter_applications (id) {
        id -> Text,
        name -> Text,
        folded_name -> Text,
        sector -> Text,
        kind -> Nullable<Text>,
        country -> Nullable<Text>,
        website -> Nullable<Text>,
        website_host -> Nullable<Text>,
        statement -> Nullable<Text>,
        contact_name -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_folded_email -> Nullable<Text>,
        contact_job_title -> Nullable<Text>,
        contact_locale -> Nullable<Text>,
        authorised -> Bool,
        status -> Text,
        rank -> BigInt,
        reason -> Nullable<Text>,
        asked -> Text,
        possible_duplicates -> Text,
        supporter_id -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamp>,
        decided_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    supporter_former_names (id) {
        id -> Text,
        supporter_id -> Text,
        name -> Text,
        folded_name -> Text,
        until -> Timestamp,
    }
}

diesel::table! {
    supporter_principles (supporter_id, principle) {
        supporter_id -> Text,
        principle -> BigInt,
    }
}

diesel::table! {
    supporter_statuses (id) {
        id -> Text,
        supporter_id -> Text,
        status -> Text,
        since -> Nullable<Date>,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    supporters (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        folded_name -> Text,
        sector -> Nullable<Text>,
        kind -> Nullable<Text>,
        country -> Nullable<Text>,
        region -> Nullable<Text>,
        website -> Nullable<Text>,
        statement -> Nullable<Text>,
        status -> Text,
        endorsed_on -> Nullable<Date>,
        endorsed_key -> Text,
        withdrawn_on -> Nullable<Date>,
        source -> Text,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    suppressions (id) {
        id -> Text,
        folded_address -> Text,
        reason -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    unsubscribed_addresses (address_digest, kind) {
        address_digest -> Text,
        kind -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        url -> Text,
        kinds -> Text,
        secret_number -> BigInt,
        rotated_at -> Nullable<Timestamp>,
        disabled_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        overlap_from -> BigInt,
    }
}

diesel::table! {
    working_groups (id) {
        id -> Text,
        number -> BigInt,
        slug -> Text,
        title -> Text,
        mandate -> Nullable<Text>,
        status -> Text,
        join_policy -> Text,
        search_text -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        members -> BigInt,
        member_supporters -> BigInt,
        deliverables -> BigInt,
        open_consultations -> BigInt,
        unbalanced_since -> Nullable<Timestamp>,
    }
}

diesel::joinable!(acknowledgements -> deliverables (deliverable_id));
diesel::joinable!(acknowledgements -> memberships (membership_id));
diesel::joinable!(affiliation_requests -> persons (person_id));
diesel::joinable!(affiliation_requests -> supporters (supporter_id));
diesel::joinable!(affiliations -> persons (person_id));
diesel::joinable!(affiliations -> supporters (supporter_id));
diesel::joinable!(calendar_feeds -> persons (person_id));
diesel::joinable!(co_chair_seats -> supporters (supporter_id));
diesel::joinable!(co_chair_seats -> working_groups (group_id));
diesel::joinable!(comments -> deliverables (deliverable_id));
diesel::joinable!(comments -> persons (author_id));
diesel::joinable!(consultation_announcements -> consultations (consultation_id));
diesel::joinable!(consultation_audience -> consultations (consultation_id));
diesel::joinable!(consultation_audience -> supporters (supporter_id));
diesel::joinable!(consultation_questions -> consultations (consultation_id));
diesel::joinable!(consultation_tallies -> consultations (consultation_id));
diesel::joinable!(consultations -> deliverables (deliverable_id));
diesel::joinable!(consultations -> working_groups (group_id));
diesel::joinable!(contribution_revisions -> contributions (contribution_id));
diesel::joinable!(contribution_revisions -> persons (submitted_by));
diesel::joinable!(contribution_writers -> contributions (contribution_id));
diesel::joinable!(contribution_writers -> persons (person_id));
diesel::joinable!(contributions -> consultations (consultation_id));
diesel::joinable!(contributions -> persons (person_id));
diesel::joinable!(contributions -> supporters (supporter_id));
diesel::joinable!(deliverable_principles -> deliverables (deliverable_id));
diesel::joinable!(deliverable_versions -> deliverables (deliverable_id));
diesel::joinable!(deliverable_versions -> persons (added_by));
diesel::joinable!(deliverables -> forum_editions (forum_edition_id));
diesel::joinable!(deliverables -> memberships (lead_membership_id));
diesel::joinable!(deliverables -> working_groups (group_id));
diesel::joinable!(derogations -> working_groups (group_id));
diesel::joinable!(digest_items -> persons (person_id));
diesel::joinable!(dispositions -> consultations (consultation_id));
diesel::joinable!(dispositions -> contributions (contribution_id));
diesel::joinable!(dispositions -> deliverables (deliverable_id));
diesel::joinable!(forum_sessions -> forum_editions (forum_edition_id));
diesel::joinable!(group_aliases -> working_groups (group_id));
diesel::joinable!(group_messages -> persons (sender_id));
diesel::joinable!(group_messages -> working_groups (group_id));
diesel::joinable!(group_principles -> working_groups (group_id));
diesel::joinable!(invitations -> supporters (supporter_id));
diesel::joinable!(invitations -> working_groups (group_id));
diesel::joinable!(login_addresses -> persons (person_id));
diesel::joinable!(meeting_attendance -> meetings (meeting_id));
diesel::joinable!(meeting_attendance -> persons (person_id));
diesel::joinable!(meetings -> working_groups (group_id));
diesel::joinable!(memberships -> persons (person_id));
diesel::joinable!(memberships -> supporters (supporter_id));
diesel::joinable!(memberships -> working_groups (group_id));
diesel::joinable!(milestones -> deliverables (deliverable_id));
diesel::joinable!(notification_counters -> persons (person_id));
diesel::joinable!(notification_preferences -> persons (person_id));
diesel::joinable!(notifications -> persons (person_id));
diesel::joinable!(person_sessions -> persons (person_id));
diesel::joinable!(public_contributions -> consultations (consultation_id));
diesel::joinable!(recovery_codes -> persons (person_id));
diesel::joinable!(refresh_tokens -> person_sessions (session_id));
diesel::joinable!(reminder_arrivals -> persons (person_id));
diesel::joinable!(reminders -> persons (person_id));
diesel::joinable!(seat_persons -> co_chair_seats (seat_id));
diesel::joinable!(seat_persons -> persons (person_id));
diesel::joinable!(session_presentations -> forum_sessions (session_id));
diesel::joinable!(supporter_aliases -> supporters (supporter_id));
diesel::joinable!(supporter_applications -> supporters (supporter_id));
diesel::joinable!(supporter_former_names -> supporters (supporter_id));
diesel::joinable!(supporter_principles -> supporters (supporter_id));
diesel::joinable!(supporter_statuses -> supporters (supporter_id));

diesel::allow_tables_to_appear_in_same_query!(
    acknowledgements,
    affiliation_requests,
    affiliations,
    audit_entries,
    audit_head,
    audit_reasons,
    calendar_feeds,
    call_sections,
    calls,
    co_chair_seats,
    comments,
    consultation_announcements,
    consultation_audience,
    consultation_questions,
    consultation_tallies,
    consultations,
    contribution_revisions,
    contribution_writers,
    contributions,
    deliverable_principles,
    deliverable_versions,
    deliverables,
    derogations,
    digest_items,
    dispositions,
    forum_editions,
    forum_sessions,
    group_aliases,
    group_messages,
    group_principles,
    idempotency_keys,
    invitations,
    job_leases,
    kinds,
    login_addresses,
    login_failures,
    mail_acts,
    meeting_attendance,
    meetings,
    memberships,
    milestones,
    notification_counters,
    notification_preferences,
    notifications,
    outbox,
    person_sessions,
    persons,
    principles,
    public_contributions,
    recovery_codes,
    refresh_tokens,
    register_milestones,
    reminder_arrivals,
    reminder_days,
    reminders,
    seat_persons,
    sectors,
    session_presentations,
    settings,
    supporter_aliases,
    supporter_applications,
    supporter_former_names,
    supporter_principles,
    supporter_statuses,
    supporters,
    suppressions,
    unsubscribed_addresses,
    webhooks,
    working_groups,
);
