CREATE TABLE `addresses` (
	`id` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`channel` text NOT NULL,
	`value_sealed` text NOT NULL,
	`value_index` text NOT NULL,
	`country` text,
	`state` text DEFAULT 'active' NOT NULL,
	`state_at` integer NOT NULL,
	`state_reason` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `addresses_by_value` ON `addresses` (`organisation`,`channel`,`value_index`);--> statement-breakpoint
CREATE TABLE `aired` (
	`id` integer PRIMARY KEY NOT NULL,
	`bulletin` integer NOT NULL,
	`presenter_sealed` text,
	`at` integer NOT NULL,
	`repeats` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `aired_by_bulletin` ON `aired` (`bulletin`);--> statement-breakpoint
CREATE TABLE `alert_languages` (
	`alert` integer NOT NULL,
	`languages` integer NOT NULL,
	`language` text,
	`reason` text NOT NULL,
	PRIMARY KEY(`alert`, `languages`)
);
--> statement-breakpoint
CREATE TABLE `alert_texts` (
	`alert` integer NOT NULL,
	`language` text NOT NULL,
	`texts_sealed` text NOT NULL,
	`review` text NOT NULL,
	PRIMARY KEY(`alert`, `language`)
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`ref` text NOT NULL,
	`organisation` text NOT NULL,
	`incident` integer NOT NULL,
	`state` text NOT NULL,
	`msg_type` text NOT NULL,
	`former` integer,
	`chain` integer,
	`adds` integer DEFAULT false NOT NULL,
	`template` text,
	`parameters_sealed` text,
	`audience` text NOT NULL,
	`channels` text NOT NULL,
	`plan` text NOT NULL,
	`language_policy` text NOT NULL,
	`category` text NOT NULL,
	`event_code` text,
	`event` text NOT NULL,
	`response_type` text NOT NULL,
	`urgency` text NOT NULL,
	`severity` text NOT NULL,
	`certainty` text NOT NULL,
	`scope` text NOT NULL,
	`asks_check_in` integer DEFAULT false NOT NULL,
	`ladder` integer DEFAULT false NOT NULL,
	`ladder_step` integer DEFAULT 0 NOT NULL,
	`ladder_cursor` integer DEFAULT 0 NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`edited_by` text NOT NULL,
	`submitted_at` integer,
	`submitted_by` text,
	`exercise` integer DEFAULT false NOT NULL,
	`frozen_hash` text,
	`approved_at` integer,
	`approved_by` text,
	`people` integer,
	`gate` text,
	`send_at` integer,
	`plan_cursor` integer DEFAULT 0 NOT NULL,
	`plan_end` integer,
	`planned_at` integer,
	`started_at` integer,
	`finished_at` integer,
	`reason_sealed` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_uid_unique` ON `alerts` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_ref_unique` ON `alerts` (`ref`);--> statement-breakpoint
CREATE INDEX `alerts_by_organisation` ON `alerts` (`organisation`,`id`);--> statement-breakpoint
CREATE INDEX `alerts_by_incident` ON `alerts` (`incident`);--> statement-breakpoint
CREATE INDEX `alerts_by_state` ON `alerts` (`state`,`send_at`);--> statement-breakpoint
CREATE INDEX `alerts_by_chain` ON `alerts` (`chain`);--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`at` integer NOT NULL,
	`operator` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_by_organisation` ON `audit` (`organisation`,`id`);--> statement-breakpoint
CREATE TABLE `bulletins` (
	`id` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`station` integer NOT NULL,
	`language` text NOT NULL,
	`number` integer NOT NULL,
	`replaces` integer,
	`alert` integer NOT NULL,
	`status` text NOT NULL,
	`read_from` integer NOT NULL,
	`not_after` integer NOT NULL,
	`created_at` integer NOT NULL,
	`withdrawn_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `bulletins_once` ON `bulletins` (`station`,`language`,`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `bulletins_by_alert` ON `bulletins` (`alert`,`station`,`language`);--> statement-breakpoint
CREATE TABLE `calls` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`incident` integer NOT NULL,
	`person` integer NOT NULL,
	`rank` integer NOT NULL,
	`state` text NOT NULL,
	`owner` text,
	`taken_at` integer,
	`tries` integer DEFAULT 0 NOT NULL,
	`outcome` text,
	`created_at` integer NOT NULL,
	`closed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `calls_uid_unique` ON `calls` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `calls_once` ON `calls` (`incident`,`person`);--> statement-breakpoint
CREATE TABLE `case_notes` (
	`id` integer PRIMARY KEY NOT NULL,
	`case` integer NOT NULL,
	`at` integer NOT NULL,
	`operator` text NOT NULL,
	`text_sealed` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `case_notes_by_case` ON `case_notes` (`case`,`id`);--> statement-breakpoint
CREATE TABLE `cases` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`incident` integer NOT NULL,
	`person` integer,
	`address` integer,
	`subject` integer NOT NULL,
	`state` text NOT NULL,
	`priority` text NOT NULL,
	`need` text,
	`says_safe` integer DEFAULT false NOT NULL,
	`opened_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`last_help_at` integer NOT NULL,
	`owner` text,
	`taken_at` integer,
	`touched_at` integer,
	`reminded_at` integer,
	`alarmed_at` integer,
	`told_late_at` integer,
	`closed_at` integer,
	`closed_reason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cases_uid_unique` ON `cases` (`uid`);--> statement-breakpoint
CREATE INDEX `cases_by_organisation` ON `cases` (`organisation`,`state`,`priority`,`opened_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `cases_one_open` ON `cases` (`organisation`,`incident`,`subject`) WHERE state <> 'closed';--> statement-breakpoint
CREATE INDEX `cases_by_subject` ON `cases` (`subject`);--> statement-breakpoint
CREATE INDEX `cases_by_clock` ON `cases` (`state`,`due_at`);--> statement-breakpoint
CREATE TABLE `check_in_history` (
	`id` integer PRIMARY KEY NOT NULL,
	`incident` integer NOT NULL,
	`person` integer,
	`reply` integer,
	`meaning` text NOT NULL,
	`code` text,
	`people` integer,
	`source` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `check_in_history_by_person` ON `check_in_history` (`incident`,`person`,`id`);--> statement-breakpoint
CREATE TABLE `check_ins` (
	`id` integer PRIMARY KEY NOT NULL,
	`incident` integer NOT NULL,
	`person` integer,
	`meaning` text,
	`code` text,
	`movement` text,
	`people` integer,
	`source` text,
	`unread` integer DEFAULT false NOT NULL,
	`at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `check_ins_once` ON `check_ins` (`incident`,`person`);--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text PRIMARY KEY NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cursors` (
	`name` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `data_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`wrapped` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY NOT NULL,
	`nonce` integer NOT NULL,
	`organisation` text NOT NULL,
	`alert` integer,
	`person` integer,
	`address` integer,
	`target` integer NOT NULL,
	`channel` text,
	`sender` text NOT NULL,
	`step` integer DEFAULT 0 NOT NULL,
	`language` text NOT NULL,
	`language_reason` text NOT NULL,
	`rank` integer NOT NULL,
	`state` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer DEFAULT 0 NOT NULL,
	`lease_until` integer,
	`look_up_at` integer,
	`look_ups` integer DEFAULT 0 NOT NULL,
	`error_code` text,
	`provider_id` text,
	`body_sealed` text,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`attempted_at` integer,
	`sent_at` integer,
	`delivered_at` integer,
	`followed_at` integer,
	`redacted_at` integer,
	`redact_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_once` ON `deliveries` (`alert`,`target`,`step`,`language`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`sender`,`rank`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_open` ON `deliveries` (`alert`) WHERE state in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX `deliveries_under_way` ON `deliveries` (`lease_until`) WHERE state = 'sending';--> statement-breakpoint
CREATE INDEX `deliveries_by_provider` ON `deliveries` (`provider_id`) WHERE provider_id is not null;--> statement-breakpoint
CREATE INDEX `deliveries_by_address` ON `deliveries` (`address`);--> statement-breakpoint
CREATE INDEX `deliveries_unredacted` ON `deliveries` (`state`,`sent_at`) WHERE sender = 'sms' and provider_id is not null and redacted_at is null and (state in ('delivered', 'failed') or redact_at is not null);--> statement-breakpoint
CREATE INDEX `deliveries_dead` ON `deliveries` (`alert`,`id`) WHERE state in ('failed', 'expired', 'suppressed', 'indeterminate');--> statement-breakpoint
CREATE TABLE `dialogues` (
	`address` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`kind` text NOT NULL,
	`step` text NOT NULL,
	`told_sealed` text NOT NULL,
	`reply` integer NOT NULL,
	`started_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dialogues_by_age` ON `dialogues` (`expires_at`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`operator` text NOT NULL,
	`key` text NOT NULL,
	`request` text NOT NULL,
	`status` integer,
	`response_sealed` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`operator`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_by_age` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `import_chunks` (
	`import` integer NOT NULL,
	`chunk` integer NOT NULL,
	`rows_sealed` text NOT NULL,
	PRIMARY KEY(`import`, `chunk`)
);
--> statement-breakpoint
CREATE TABLE `import_rejections` (
	`import` integer NOT NULL,
	`line` integer NOT NULL,
	`column` text NOT NULL,
	`reason` text NOT NULL,
	PRIMARY KEY(`import`, `line`, `column`)
);
--> statement-breakpoint
CREATE TABLE `imports` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`operator` text NOT NULL,
	`status` text NOT NULL,
	`dry_run` integer DEFAULT false NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`created` integer DEFAULT 0 NOT NULL,
	`updated` integer DEFAULT 0 NOT NULL,
	`cursor` integer DEFAULT 0 NOT NULL,
	`dropped_columns` text DEFAULT '[]' NOT NULL,
	`problem` text,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `imports_uid_unique` ON `imports` (`uid`);--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`name` text NOT NULL,
	`exercise` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incidents_uid_unique` ON `incidents` (`uid`);--> statement-breakpoint
CREATE TABLE `instance` (
	`name` text PRIMARY KEY NOT NULL,
	`value_sealed` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `interned` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `interned_by_value` ON `interned` (`kind`,`value`);--> statement-breakpoint
CREATE TABLE `operators` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`name` text NOT NULL,
	`roles` text NOT NULL,
	`key_hash` text NOT NULL,
	`confirmed_at` integer,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operators_key_hash_unique` ON `operators` (`key_hash`);--> statement-breakpoint
CREATE INDEX `operators_by_organisation` ON `operators` (`organisation`);--> statement-breakpoint
CREATE TABLE `organisations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`short_name` text,
	`country` text NOT NULL,
	`default_language` text NOT NULL,
	`mode` text NOT NULL,
	`first` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `people` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`external_id_index` text,
	`external_id_sealed` text,
	`name_sealed` text,
	`languages` integer NOT NULL,
	`nationalities` integer NOT NULL,
	`tags` integer NOT NULL,
	`reach` integer DEFAULT 0 NOT NULL,
	`country` text,
	`area` text,
	`latitude` real,
	`longitude` real,
	`cell` integer,
	`located_at` integer,
	`profile` text NOT NULL,
	`basis` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_uid_unique` ON `people` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `people_by_external_id` ON `people` (`organisation`,`external_id_index`);--> statement-breakpoint
CREATE INDEX `people_by_audience` ON `people` (`organisation`,`country`,`area`,`cell`,`located_at`,`nationalities`,`languages`,`tags`,`reach`);--> statement-breakpoint
CREATE INDEX `people_by_cell` ON `people` (`organisation`,`cell`,`located_at`,`nationalities`,`languages`,`tags`,`reach`) WHERE cell is not null;--> statement-breakpoint
CREATE INDEX `people_by_age` ON `people` (`organisation`,`located_at`,`nationalities`,`languages`,`tags`);--> statement-breakpoint
CREATE TABLE `people_addresses` (
	`person` integer NOT NULL,
	`address` integer NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`person`, `address`)
);
--> statement-breakpoint
CREATE INDEX `people_addresses_by_address` ON `people_addresses` (`address`);--> statement-breakpoint
CREATE TABLE `replies` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`channel` text NOT NULL,
	`provider_id` text NOT NULL,
	`address` integer,
	`person` integer,
	`incident` integer,
	`alert` integer,
	`from_sealed` text NOT NULL,
	`text_sealed` text NOT NULL,
	`extra_sealed` text,
	`received_at` integer NOT NULL,
	`understood_at` integer,
	`meaning` text,
	`code` text,
	`need` text,
	`people` integer,
	`on_behalf` integer DEFAULT false NOT NULL,
	`read_at` integer,
	`read_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `replies_uid_unique` ON `replies` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `replies_once` ON `replies` (`channel`,`provider_id`);--> statement-breakpoint
CREATE INDEX `replies_waiting` ON `replies` (`id`) WHERE understood_at is null;--> statement-breakpoint
CREATE INDEX `replies_by_organisation` ON `replies` (`organisation`,`id`);--> statement-breakpoint
CREATE INDEX `replies_by_address` ON `replies` (`address`,`id`);--> statement-breakpoint
CREATE TABLE `senders` (
	`name` text PRIMARY KEY NOT NULL,
	`next_at` real DEFAULT 0 NOT NULL,
	`halted_at` integer,
	`halted_until` integer,
	`halted_reason` text,
	`halted_cause` text,
	`silent` integer DEFAULT 0 NOT NULL,
	`halts` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `simulated` (
	`id` integer PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`address` integer NOT NULL,
	`delivery` integer,
	`direction` text NOT NULL,
	`message_sealed` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `simulated_once` ON `simulated` (`delivery`);--> statement-breakpoint
CREATE INDEX `simulated_by_address` ON `simulated` (`organisation`,`address`,`id`);--> statement-breakpoint
CREATE TABLE `sitreps` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`incident` integer NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	`operator` text NOT NULL,
	`numbers` text NOT NULL,
	`sent` text NOT NULL,
	`lines_sealed` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sitreps_uid_unique` ON `sitreps` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `sitreps_once` ON `sitreps` (`incident`,`number`);--> statement-breakpoint
CREATE TABLE `start_links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`person` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `stations` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`organisation` text NOT NULL,
	`name` text NOT NULL,
	`languages` text NOT NULL,
	`areas` text NOT NULL,
	`contacts_sealed` text,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `stations_uid_unique` ON `stations` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `stations_token_hash_unique` ON `stations` (`token_hash`);--> statement-breakpoint
CREATE INDEX `stations_by_organisation` ON `stations` (`organisation`);