// Types of the HTTP contract, made from openapi/v1.json by `npm run types`. Not edited by hand.

export interface paths {
    "/api/v1/access-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one's own access keys, and all others that one may manage */
        get: operations["access_key_list"];
        put?: never;
        /** Make a key with which AWS' own tools sign their requests; its secret is shown this once */
        post: operations["access_key_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an access key */
        delete: operations["access_key_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List actions, the newest first */
        get: operations["action_list"];
        put?: never;
        /** Start, stop or restart applications; 200 with the plan of a dry run */
        post: operations["action_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show an action with the result of each target */
        get: operations["action_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approve, reject, continue or cancel an action */
        post: operations["action_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow an action until its final status */
        get: operations["action_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agentless": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the servers that are read over ssh, and how */
        get: operations["agentless_list"];
        put?: never;
        /** Read servers over ssh from now on, all of them or none; 200 with the plan of a dry run */
        post: operations["agentless_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agentless-applications/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch the applications of a server that is read over ssh, and every command that is run for them */
        get: operations["agentless_applications_get"];
        /** Say which applications a server has that is read over ssh, all of them from now on; a dry run only tells */
        put: operations["agentless_applications_set"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agentless/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Trust other host keys of a server from now on */
        put: operations["agentless_trust"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agentless/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Show the host keys of servers before they are trusted; nobody is logged in to a host whose key is not known */
        post: operations["agentless_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List enrolled agents */
        get: operations["agent_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Refuse an agent's certificates from now on */
        delete: operations["agent_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Connect an agent; it proves itself inside with its certificate */
        get: operations["agent_connect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/enrol": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Enter a cluster; the join token is the proof */
        post: operations["agent_enrol"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List applications */
        get: operations["application_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show everything known of an application */
        get: operations["application_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Watch a list of applications */
        get: operations["application_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List policies of approval */
        get: operations["policy_list"];
        put?: never;
        /** Set a policy: orders of its kind wait for another person's approval */
        post: operations["policy_set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-policies/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a policy; what waits under it goes on waiting */
        delete: operations["policy_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search what people did, the newest first, with the result of each deed */
        get: operations["audit_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Export the journal */
        get: operations["audit_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Walk the journal's hash chain */
        get: operations["audit_verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ca.pem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch the cluster's CA certificate */
        get: operations["ca_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List channels, without their secrets */
        get: operations["channel_list"];
        put?: never;
        /** Apply channels, all of them or none; a dry run only tells what it would do */
        post: operations["channel_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a channel that no route uses */
        delete: operations["channel_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test message to a channel, and tell what its receiver said */
        post: operations["channel_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/charts/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show how figures of a cluster, server, application or service went */
        get: operations["chart_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List clusters: the own one, then those that are joined, each with its freshness */
        get: operations["cluster_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/{rest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read at a joined cluster, or open a WebSocket there: what follows is as behind `/api/v1/` there, and passed on in the name of who asks */
        get: operations["cluster_pass_get"];
        /** Pass a request on to a joined cluster */
        put: operations["cluster_pass_put"];
        /** Pass a request on to a joined cluster */
        post: operations["cluster_pass_post"];
        /** Pass a request on to a joined cluster */
        delete: operations["cluster_pass_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Watch the list of clusters */
        get: operations["cluster_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what is kept as code */
        get: operations["code_list"];
        put?: never;
        /** Bring configurations, rules, channels, routes and maintenance as code; a dry run tells the plan */
        post: operations["code_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/code/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a thing that is kept as code be changed by hand until it is brought the next time */
        post: operations["code_release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configurations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List configurations, with how many servers have their newest revision */
        get: operations["configuration_list"];
        put?: never;
        /** Make a configuration, or give one another revision; a dry run only tells what would change */
        post: operations["configuration_revise"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configurations/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell a configuration as a revision has it, its revisions, and what lies on servers */
        get: operations["configuration_get"];
        put?: never;
        post?: never;
        /** Delete a configuration; files on servers stay */
        delete: operations["configuration_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configurations/{name}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lay a revision down on servers: an action; a dry run tells the plan */
        post: operations["configuration_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configurations/{name}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Compare two revisions, line by line */
        get: operations["configuration_diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configurations/{name}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make what an older revision says the newest one */
        post: operations["configuration_revert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List dashboards that AWS' tools put */
        get: operations["dashboard_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{tenant}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what stands on a dashboard */
        get: operations["dashboard_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{tenant}/{name}/widgets/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the values of a widget, or the states of its alarms */
        get: operations["widget_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List events of the journal */
        get: operations["event_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow the journal; `Last-Event-ID` or `after` goes on where a reader stopped, without either from now */
        get: operations["event_stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/freezes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List freeze windows that are not over */
        get: operations["freeze_list"];
        put?: never;
        /** Announce a freeze, or change one: no order on its applications is taken while it is in force */
        post: operations["freeze_set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/freezes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a freeze, or take it back */
        delete: operations["freeze_lift"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/heartbeats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tasks that others run and give signs of */
        get: operations["heartbeat_list"];
        put?: never;
        /** Expect signs of a task that others run; the secret of its address is shown this once */
        post: operations["heartbeat_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/heartbeats/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a sign of a task */
        post: operations["heartbeat_ping"];
        /** Expect signs of a task no longer */
        delete: operations["heartbeat_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/history/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what the history keeps and what it costs; for those who may read everything */
        get: operations["history_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/influx/api/v2/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same as `/api/v1/influx/write`, where clients add the path of `InfluxDB` 2 */
        post: operations["influx_create_bucket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/influx/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer that lines are taken, as clients of `InfluxDB` ask before they write */
        get: operations["influx_ping"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/influx/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write samples as lines of `InfluxDB`, plain or packed with gzip */
        post: operations["influx_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/join-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List join tokens */
        get: operations["join_token_list"];
        put?: never;
        /** Make a token with which servers can join a cluster; its secret is shown this once */
        post: operations["join_token_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/join-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a join token */
        delete: operations["join_token_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Look at many things over one WebSocket: send `LiveRequest` texts, read `LiveMessage` texts */
        get: operations["live_connect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what applications write to, asked of their servers now */
        get: operations["log_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download lines of logs as a text, the oldest first, one source after the other */
        get: operations["log_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Search logs of applications on their servers, the newest lines first: a `LogMessage` a line */
        post: operations["log_search"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow logs of applications: a `LogMessage` a line, the last lines first, then each as it is written */
        get: operations["log_tail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/maintenances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List maintenances that are not over */
        get: operations["maintenance_list"];
        put?: never;
        /** Announce a maintenance, or change one: nobody is told of problems while it is in force */
        post: operations["maintenance_set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/maintenances/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a maintenance, or take it back */
        delete: operations["maintenance_cancel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/masters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the masters of this cluster: which one is active, and how far the others are */
        get: operations["master_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/masters/{name}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make another master the active one */
        post: operations["master_promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch the master's own metrics, in the Prometheus text form; for those who may read everything */
        get: operations["metrics_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mutes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List mutes */
        get: operations["mute_list"];
        put?: never;
        /** Tell nobody of problems on an object and inside it for a time */
        post: operations["mute_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mutes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a mute */
        delete: operations["mute_end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/networks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show from which networks anybody may come */
        get: operations["network_list"];
        /** Say from which networks anybody may come; loopback always may */
        put: operations["network_set"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what channels were told, attempt by attempt, the newest first */
        get: operations["notification_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/why/{problem}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say in words why channels were told of a problem, or were not */
        get: operations["notification_why"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** End a login through the identity provider: sets the session's cookie */
        get: operations["oidc_callback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/device": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin a login through the identity provider for a client without a browser: a code to type in any */
        post: operations["oidc_device_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/device/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask whether such a login is done, and take its session */
        post: operations["oidc_device_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begin a login through the identity provider, in a browser */
        get: operations["oidc_begin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/loopback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin a login through the identity provider for a program that listens on a port of 127.0.0.1, where the browser comes back to */
        post: operations["oidc_loopback_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/loopback/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in with the code that the browser brought there */
        post: operations["oidc_loopback_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch this document */
        get: operations["openapi_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/otlp/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write metrics of OpenTelemetry: OTLP over HTTP, protobuf or JSON, plain or packed with gzip */
        post: operations["otlp_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sum up the whole fleet: counts by status, clusters, business services, what is not healthy */
        get: operations["overview_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List packages and the applications installed from them */
        get: operations["package_list"];
        put?: never;
        /** Add a package: its bytes are the body, as they are */
        post: operations["package_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages/{tenant}/{name}/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a package that nothing uses */
        delete: operations["package_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages/uploads/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell how far the upload of a package came before it was cut */
        get: operations["package_upload_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/permits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List terminals and removals of servers that wait for approval, or were approved and not done yet */
        get: operations["permit_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/permits/{id}/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approve or reject a permit */
        post: operations["permit_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ping/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Give a sign of a task by the secret of its address */
        get: operations["ping_get"];
        put?: never;
        /** Give a sign of a task by the secret of its address */
        post: operations["ping_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List problems, open ones and the last that are over: the worst first, then the newest */
        get: operations["problem_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a problem with what was written about it */
        get: operations["problem_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take problems in hand: nobody else is told of them meanwhile */
        post: operations["problem_acknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close problems whose condition is no longer known to be so */
        post: operations["problem_close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/comment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write something about problems */
        post: operations["problem_comment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/unacknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give problems out of hand */
        post: operations["problem_unacknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/problems/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow the list of problems: a snapshot, and another after each change */
        get: operations["problem_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer that there are no alerts */
        get: operations["query_alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/label/{name}/values": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Find the values of a label */
        get: operations["query_label_values"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Find the names of labels */
        get: operations["query_labels"];
        put?: never;
        /** Find the names of labels; the parameters may come as a form */
        post: operations["query_labels_form"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell type, unit and meaning of metrics */
        get: operations["query_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer a `PromQL` expression for one time, as Prometheus does */
        get: operations["query_instant"];
        put?: never;
        /** Answer a `PromQL` expression for one time, as Prometheus does; the parameters may come as a form */
        post: operations["query_instant_form"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/query_exemplars": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer that there are no exemplars */
        get: operations["query_exemplars"];
        put?: never;
        /** Answer that there are no exemplars; the parameters may come as a form */
        post: operations["query_exemplars_form"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/query_range": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer a `PromQL` expression for many times, as Prometheus does */
        get: operations["query_range"];
        put?: never;
        /** Answer a `PromQL` expression for many times, as Prometheus does; the parameters may come as a form */
        post: operations["query_range_form"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer that there are no rules */
        get: operations["query_rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Find series by their labels */
        get: operations["query_series"];
        put?: never;
        /** Find series by their labels; the parameters may come as a form */
        post: operations["query_series_form"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/status/buildinfo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell which Prometheus is answered like */
        get: operations["query_build"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what the master scrapes and how that goes, as Prometheus does; for those who may read everything */
        get: operations["query_targets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/api/v1/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same as `/api/v1/prometheus/write`, where senders add Prometheus' own path */
        post: operations["remote_write_create_prometheus"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write samples as Prometheus does: remote write 1.0 or 2.0, protobuf packed with snappy or zstd */
        post: operations["remote_write_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List routes in the order in which they are looked at */
        get: operations["route_list"];
        put?: never;
        /** Apply routes, all of them or none; a dry run only tells what it would do */
        post: operations["route_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a route */
        delete: operations["route_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List rules, ours before the shipped ones */
        get: operations["rule_list"];
        put?: never;
        /** Apply rules, all of them or none; a dry run only tells what it would do */
        post: operations["rule_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a rule of ours; a shipped one of its name counts again */
        delete: operations["rule_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a rule on the past: when it would have been a problem, of what may be read */
        post: operations["rule_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List servers */
        get: operations["server_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show everything known of a server */
        get: operations["server_get"];
        put?: never;
        post?: never;
        /** Forget a server and everything on it */
        delete: operations["server_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Watch a list of servers */
        get: operations["server_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List services */
        get: operations["service_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show everything known of a service */
        get: operations["service_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Watch a list of services */
        get: operations["service_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one's own open sessions, and those of all users whom one manages */
        get: operations["session_list"];
        put?: never;
        /** Log in with a password */
        post: operations["session_open"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a session: one's own, or of a user whom one manages */
        delete: operations["session_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show who the request comes from and what it may do */
        get: operations["session_get"];
        put?: never;
        post?: never;
        /** Log out */
        delete: operations["session_close"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put an offered secret into force, given its first code; recovery codes are shown this once */
        put: operations["second_factor_set"];
        /** Offer a secret for one's authenticator; it is shown this once and not in force yet */
        post: operations["second_factor_offer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current/second-factor/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remove one's own second factor, given a code */
        post: operations["second_factor_remove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show which ways in there are beside user name and password */
        get: operations["login_ways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statsd": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Count lines of StatsD or DogStatsD, plain or packed with gzip */
        post: operations["statsd_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/task-runs/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the runs of a task that an agent runs, with what they printed */
        get: operations["task_run_list"];
        put?: never;
        /** Let an agent run a task now */
        post: operations["task_run_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tasks */
        get: operations["task_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a task */
        get: operations["task_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Watch a list of tasks */
        get: operations["task_watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tenants that one may read all of, with what they may use and use */
        get: operations["tenant_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Describe a tenant and say what it may use; for those who manage access everywhere */
        put: operations["tenant_set"];
        post?: never;
        /** Forget a tenant's title and quotas; what is in it stays */
        delete: operations["tenant_forget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell how available what a tenant has was, what of the error budget is left, and what went wrong */
        get: operations["tenant_availability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell what would go with a tenant; for those who manage access everywhere */
        get: operations["tenant_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/objective": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say what availability is promised to a tenant; for those who manage access everywhere */
        put: operations["tenant_promise"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remove a tenant with all that it has, for good; for those who manage access everywhere */
        post: operations["tenant_remove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the people of a tenant in again */
        post: operations["tenant_resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{name}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let nobody of a tenant in; its servers and applications run on */
        post: operations["tenant_suspend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell what tenants used in a month, day by day, to charge it */
        get: operations["tenant_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/terminals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List terminals, the newest first: one's own, and all for auditors */
        get: operations["terminal_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/terminals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what became of each server of a terminal */
        get: operations["terminal_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/terminals/{id}/recordings/{pane}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch what a pane printed and when, in the form of asciicast 2 */
        get: operations["terminal_recording"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/terminals/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Run a command or shells on servers over one WebSocket: send `TerminalRequest` texts, read `TerminalMessage` texts and output */
        get: operations["terminal_connect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/terminals/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say as whom servers would be reached, or why not, and whose approval it takes; connects to none */
        post: operations["terminal_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one's own API tokens, and all others that one may manage */
        get: operations["token_list"];
        put?: never;
        /** Make an API token; its secret is shown this once */
        post: operations["token_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an API token */
        delete: operations["token_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}/networks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say from which networks programs may come with a token */
        put: operations["token_set_networks"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the keys whose signatures of packages are trusted by servers that name none of their own */
        get: operations["trust_key_list"];
        put?: never;
        /** Trust what a key of minisign signs: from the first key on, unsigned packages are refused */
        post: operations["trust_key_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust-keys/{tenant}/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Trust a key no longer; without any key, unsigned packages are installed again */
        delete: operations["trust_key_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List users */
        get: operations["user_list"];
        put?: never;
        /** Add a user */
        post: operations["user_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a user with all sessions and tokens */
        delete: operations["user_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Replace what a user may do */
        put: operations["user_set_grants"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/networks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say from which networks a user may come, with all that belongs to the user */
        put: operations["user_set_networks"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change one's own password, given the present one, or another's as an administrator; the user's sessions end */
        put: operations["user_set_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take another user's second factor away, as when the authenticator is lost */
        delete: operations["user_reset_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End all sessions of a user, oneself or one whom one manages; the one that asks stays */
        delete: operations["user_end_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End all API tokens of a user, oneself or one whom one manages */
        delete: operations["user_revoke_tokens"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forget a user's failed logins, so that the next try need not wait */
        post: operations["user_unlock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/why/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Why an object is as it is: who or what caused it, what refused, what depends on it */
        get: operations["why_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same as `/api/v1/influx/write`, where `InfluxDB` 2 has it */
        post: operations["influx_create_bucket_root"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say that the master answers */
        get: operations["liveness_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as `/api/v1/influx/ping`, where `InfluxDB` has it */
        get: operations["influx_ping_root"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same as `/api/v1/otlp/v1/metrics`, where collectors look for it */
        post: operations["otlp_create_root"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/write": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same as `/api/v1/influx/write`, where `InfluxDB` 1 has it */
        post: operations["influx_create_root"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An access key just made. The secret is shown this once. */
        AccessKeyCreated: components["schemas"]["AccessKeyRow"] & {
            /** @description What requests are signed with: `AWS_SECRET_ACCESS_KEY`. */
            secret: string;
        };
        /** @description Asks for an access key. */
        AccessKeyRequest: {
            /**
             * Format: int64
             * @description Seconds until it ends; never when missing.
             */
            expires_in_s?: number | null;
            /** @description What it may do, each with a path in the one tenant it acts in: at most what its owner may. */
            grants: components["schemas"]["Grant"][];
            /** @description What it is for. */
            name: string;
            /** @description The user it belongs to; whoever asks when missing. */
            owner?: string | null;
        };
        /** @description One access key in a list. */
        AccessKeyRow: {
            /** @description The account number by which AWS' tools know that tenant. */
            account: string;
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description What it may do; never more than its owner. */
            grants: components["schemas"]["Grant"][];
            /** @description Identity: `AWS_ACCESS_KEY_ID`. */
            id: string;
            /** @description What it is for. */
            name: string;
            /** @description The user it belongs to. */
            owner: string;
            /** @description The tenant it acts in. */
            tenant: string;
        };
        /** @enum {string} */
        AccountShell: "auto" | "sh" | "top";
        /** @description Who has a problem in hand. */
        AcknowledgementRow: {
            /** @description Since when. */
            at: components["schemas"]["Timestamp"];
            /** @description What is being done. */
            comment?: string | null;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description Who. */
            owner: components["schemas"]["Actor"];
            /** @description Holds when the problem becomes worse as well. */
            sticky: boolean;
        };
        /** @description Takes problems in hand. */
        AcknowledgeRequest: {
            /** @description What is being done. */
            comment?: string | null;
            /**
             * Format: int64
             * @description Seconds until it ends by itself; with the problem when missing.
             */
            expires_in_s?: number | null;
            /** @description Which. */
            problems: number[];
            /** @description Holds when a problem becomes worse as well. */
            sticky?: boolean;
        };
        /** @description One accepted command with the result of each target. */
        Action: {
            approval?: components["schemas"]["ActionApproval"] | null;
            /** @description How the principal proved who it is. */
            auth: string;
            completed_at?: components["schemas"]["Timestamp"] | null;
            /** @description How many targets have each status. */
            counts: components["schemas"]["ActionCounts"];
            /** @description When it was accepted. */
            created_at: components["schemas"]["Timestamp"];
            custom?: components["schemas"]["CustomOrder"] | null;
            /** @description When a target without an outcome becomes UNKNOWN; with `rolling` a target of the newest batch. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description What is done. */
            operation: components["schemas"]["Operation"];
            /** @description True when it was to be done although guards refuse. */
            override_guards?: boolean;
            /** @description What is installed: `NAME@VERSION`. */
            package?: string | null;
            /** @description Who asked, e.g. `user admin`. */
            principal: string;
            /** @description Why. */
            reason?: string | null;
            rolling?: components["schemas"]["Rolling"] | null;
            /** @description The worst of its targets once none is open. */
            status: components["schemas"]["ActionStatus"];
            /** @description One per target, in the order asked, or of its waves. */
            targets: components["schemas"]["ActionTarget"][];
            waits?: components["schemas"]["ActionWait"] | null;
        };
        /** @description The approval of an action. */
        ActionApproval: {
            /** @description When it is too late for it. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description The policies that want it. */
            policies: string[];
            verdict?: components["schemas"]["ActionVerdict"] | null;
        };
        /** @description Targets by status. */
        ActionCounts: {
            /**
             * Format: int32
             * @description Not done.
             */
            failed: number;
            /**
             * Format: int32
             * @description Accepted; not yet sent to the agent.
             */
            pending: number;
            /**
             * Format: int32
             * @description Sent to the agent; no outcome yet.
             */
            running: number;
            /**
             * Format: int32
             * @description Done as asked.
             */
            succeeded: number;
            /**
             * Format: int32
             * @description No outcome in time.
             */
            unknown: number;
        };
        /**
         * @description What can be said of an action that was accepted.
         * @enum {string}
         */
        ActionOrder: "approve" | "reject" | "continue" | "cancel";
        /** @description Says something of an action that was accepted. */
        ActionOrderRequest: {
            /** @description Why, with `approve` and `reject`. */
            comment?: string | null;
            /** @description What. */
            order: components["schemas"]["ActionOrder"];
        };
        /** @description What an action would do: the answer to a dry run. */
        ActionPlan: {
            /** @description The policies under which it would wait for another person's approval. */
            approval: string[];
            at?: components["schemas"]["Timestamp"] | null;
            /** @description To be asked about before it is ordered, as a unit file says. */
            confirm?: boolean;
            custom?: components["schemas"]["CustomOrder"] | null;
            /** @description What guards have against it: it is refused unless it overrides them. */
            guards: components["schemas"]["PlannedGuard"][];
            /** @description What would be done. */
            operation: components["schemas"]["Operation"];
            /** @description On what, in the order in which they begin. */
            targets: components["schemas"]["PlannedTarget"][];
        };
        /** @description What changed of a watched action: the fields that can change, and the targets that did. */
        ActionProgress: {
            approval?: components["schemas"]["ActionApproval"] | null;
            completed_at?: components["schemas"]["Timestamp"] | null;
            /** @description How many targets have each status now. */
            counts: components["schemas"]["ActionCounts"];
            /** @description When a target under way without an outcome becomes UNKNOWN. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description Its status now. */
            status: components["schemas"]["ActionStatus"];
            /** @description The targets that changed. */
            targets: components["schemas"]["ActionTarget"][];
            waits?: components["schemas"]["ActionWait"] | null;
        };
        /** @description Which actions to list, the newest first. */
        ActionQuery: {
            /** @description Only those that a filter over [`ACTIONS`](topmast_model::filter::fields::ACTIONS) lets through. */
            filter?: string | null;
            /**
             * Format: int32
             * @description Most actions: 100 when missing, at most 1,000.
             */
            limit?: number | null;
            object?: components["schemas"]["ObjectPath"] | null;
            /**
             * Format: int64
             * @description Actions to leave out at the beginning.
             */
            offset?: number | null;
            status?: components["schemas"]["ActionStatus"] | null;
            /**
             * Format: int32
             * @description Most targets that each action carries: all when missing. Its counts are of all of them.
             */
            targets?: number | null;
        };
        /** @description Asks for an action on applications. Exactly one of `targets` and `filter` is given. */
        ActionRequest: {
            /** @description Wait for `continue` before each batch or wave but the first. */
            ask?: boolean;
            /**
             * @description Begin then and not before: RFC 3339 with an offset, or a local time with its zone, as
             *     `2026-03-29T02:30[Europe/Zurich]`. One that clocks leave out comes as much later as they are put forward, one
             *     that comes twice is the first.
             */
            at?: string | null;
            custom?: components["schemas"]["CustomOrder"] | null;
            /** @description Only show what would be done. */
            dry_run?: boolean;
            /** @description All applications that a filter lets through. */
            filter?: string | null;
            /**
             * Format: uuid
             * @description Identity and idempotency key, a version 7 UUID: the same id again is the same action. Made when missing.
             */
            id?: string | null;
            /** @description What to do. */
            operation: components["schemas"]["Operation"];
            /** @description Act although guards refuse; takes a reason, and the right to override guards on every target. */
            override_guards?: boolean;
            /** @description What to install or upgrade to: `NAME@VERSION`. */
            package?: string | null;
            /** @description Why, for the audit; at most 1,000 bytes. */
            reason?: string | null;
            /**
             * @description Of the applications that the filter lets through, or of all, those that ran before their server or agent went
             *     away and do not run now. With `start` alone.
             */
            recover?: boolean;
            rolling?: components["schemas"]["Rolling"] | null;
            /** @description The applications' paths; those of services for a custom action on services. */
            targets?: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description Milliseconds until a target without an outcome becomes UNKNOWN; when missing 120,000, and of a custom action
             *     what it may take and half a minute. With `rolling` each
             *     batch has this time, from its beginning.
             */
            timeout_ms?: number | null;
            /** @description In waves: each application after those that its unit file says it comes `after`; the other way round to stop. */
            waves?: boolean;
        };
        /** @enum {string} */
        ActionStatus: "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "UNKNOWN";
        /** @description One target of an action. */
        ActionTarget: {
            finished_at?: components["schemas"]["Timestamp"] | null;
            /**
             * @description The outcome in words; null while there is none. Of a custom action what it printed or answered stands below, from
             *     the second line on.
             */
            message?: string | null;
            /** @description The application, or the service. */
            path: components["schemas"]["ObjectPath"];
            started_at?: components["schemas"]["Timestamp"] | null;
            /** @description How far it is. */
            status: components["schemas"]["ActionStatus"];
        };
        /** @description Which action. */
        ActionTopic: {
            /**
             * Format: uuid
             * @description Its id.
             */
            action: string;
        };
        /** @description What another person said of an action. */
        ActionVerdict: {
            /** @description Whether it may be done. */
            approved: boolean;
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description Who said so, e.g. `user bob`. */
            by: string;
            /** @description Why. */
            comment?: string | null;
        };
        /** @description What an action waits for before more of it begins. */
        ActionWait: {
            /** @description What for. */
            for: components["schemas"]["WaitKind"];
            until?: components["schemas"]["Timestamp"] | null;
        };
        /** @description Who did something. */
        Actor: {
            /** @description Network address it came from. */
            address?: string | null;
            /** @description How it proved itself. */
            auth: string;
            /** @description `user`, `token`, `agent` or `master`. */
            kind: string;
            /** @description User name, token name, server path or `master`. */
            name: string;
            /** @description The API token of the console through which it came, named after its owner. */
            through?: string | null;
        };
        /** @description How an application is seen and operated; each command is a line for `/bin/sh`, run with the account's rights. */
        AgentlessApplication: {
            /**
             * Format: int64
             * @description Seconds for each of the others, 1 to 3600; 60 when missing.
             */
            command_timeout_s?: number;
            /** @description Files that it writes its logs to, with `*` and `?` in any part; each from the root, as `/var/log/switch/*.log`. */
            log_files?: string[];
            /** @description Its name on the server. */
            name: string;
            /** @description Restarts it; stop and start when missing. */
            restart_command?: string | null;
            /** @description Starts it; nobody can when missing. */
            start_command?: string | null;
            /** @description Words of the output that mean STARTED. */
            started_when?: string[];
            /**
             * @description Shows whether it runs. Without words below, its exit code: 0 is STARTED, 3 is STOPPED, any other FAILED, but 4, 126
             *     and 127, which tell nothing.
             */
            status_command: string;
            /**
             * Format: int64
             * @description Seconds for the commands that only look, 1 to 10; 5 when missing.
             */
            status_timeout_s?: number;
            /** @description Stops it; nobody can when missing. */
            stop_command?: string | null;
            /** @description Words of the output that mean STOPPED; with none of both it is FAILED. */
            stopped_when?: string[];
            /** @description Prints its version on the first line. */
            version_command?: string | null;
        };
        /** @description The applications of a server that is read over ssh. */
        AgentlessApplications: {
            /** @description The account with whose rights the commands are run, as `user@address:port`. */
            account: string;
            /** @description The applications, with the defaults that they were given. */
            applications: components["schemas"]["AgentlessApplication"][];
            /** @description Everything that is run for them. */
            commands: components["schemas"]["PlannedCommand"][];
            /** @description The server. */
            server: components["schemas"]["ObjectPath"];
        };
        /** @description Says which applications a server has: all of them from now on, or none. */
        AgentlessApplicationsRequest: {
            /** @description The applications. */
            applications?: components["schemas"]["AgentlessApplication"][];
            /** @description Only tell what would be run. */
            dry_run?: boolean;
        };
        /** @description What would happen, or did. */
        AgentlessPlan: {
            /** @description The servers, in the order of the request. */
            servers: components["schemas"]["PlannedServer"][];
            /** @description What is run on each system that a server may be. */
            systems: components["schemas"]["PlannedSystem"][];
        };
        /** @description Asks to read servers over ssh: all of them, or none. */
        AgentlessRequest: {
            /** @description Only tell what would happen. */
            dry_run?: boolean;
            /** @description The ways to log in that they name by their places. */
            logins: components["schemas"]["LoginRequest"][];
            /** @description Take the place of how the servers were read before, where they were. */
            replace?: boolean;
            /** @description The servers. */
            servers: components["schemas"]["AgentlessServer"][];
        };
        /** @description How a server is read over ssh. */
        AgentlessRow: {
            /** @description Whether it is read now. */
            connected: boolean;
            /** @description The key that each must show, in that order; null is the first one that it shows. */
            fingerprints: (string | null)[];
            /** @description Whether the systems inside it are servers of their own. */
            guests: boolean;
            /**
             * Format: int64
             * @description Time between two readings.
             */
            interval_ms: number;
            /** @description `key` or `password`. */
            login: string;
            os?: components["schemas"]["HostSystem"] | null;
            /** @description What is wrong with reading it. */
            problem?: string | null;
            /** @description Its path. */
            server: components["schemas"]["ObjectPath"];
            /** @description What the account gives. */
            shell: components["schemas"]["AccountShell"];
            /** @description `user@address:port` of every host that is logged in to, the server last. */
            through: string[];
        };
        /** @description A server that is to be read over ssh. */
        AgentlessServer: {
            /** @description Trust the key that a host without a fingerprint shows first. */
            accept_new?: boolean;
            cluster?: components["schemas"]["ObjectPath"] | null;
            /** @description Where it listens. */
            endpoint: components["schemas"]["Endpoint"];
            /**
             * @description Whether the systems inside it (zones, domains, virtual machines, containers) are servers of their own; they are
             *     when missing.
             */
            guests?: boolean | null;
            /**
             * Format: int64
             * @description Time between two readings; 10 s when missing.
             */
            interval_ms?: number | null;
            /** @description The hosts to go through, the nearest to the master first. */
            jumps?: components["schemas"]["Endpoint"][];
            /** @description What tells servers apart. */
            labels?: {
                [key: string]: string;
            };
            /**
             * Format: int32
             * @description Place of the login in the request; the first when missing.
             */
            login?: number;
            /** @description The name that it shall have in its cluster. */
            name: string;
            os?: components["schemas"]["HostSystem"] | null;
            /** @description What the account gives; found out when missing. */
            shell?: components["schemas"]["AccountShell"];
        };
        /** @description One enrolled agent in a list. */
        AgentRow: {
            /** @description Whether it is connected to this master now. */
            connected: boolean;
            /** @description When it was admitted. */
            enrolled_at: components["schemas"]["Timestamp"];
            /** @description SHA-256 of its newest certificate's DER bytes, lower-case hex. */
            fingerprint?: string | null;
            not_after?: components["schemas"]["Timestamp"] | null;
            revoked_at?: components["schemas"]["Timestamp"] | null;
            /** @description The path of its server. */
            server: components["schemas"]["ObjectPath"];
        };
        /** @description Everything known of one application. */
        ApplicationDetails: components["schemas"]["ApplicationRow"] & {
            /** @description The custom actions that it offers of itself. */
            actions?: components["schemas"]["CustomAction"][];
            /** @description The latest value of every series of its processes. */
            samples: components["schemas"]["LatestSample"][];
            /** @description Its services. */
            services: components["schemas"]["ServiceRow"][];
            /** @description Its tasks. */
            tasks: components["schemas"]["TaskRow"][];
        };
        /** @enum {string} */
        ApplicationKind: "process" | "systemd" | "script" | "windows-service";
        /** @description One application in a list. */
        ApplicationRow: {
            /**
             * Format: int64
             * @description Age of the newest data in milliseconds; null when there is none.
             */
            age_ms?: number | null;
            /** @description Why the status was entered, in words. */
            cause: string;
            /** @description Why the status was entered, for programs. */
            cause_detail: components["schemas"]["Cause"];
            /**
             * Format: double
             * @description Processor time of its processes; 100 is one processor.
             */
            cpu_pct?: number | null;
            /** @description What was last asked for: `started` or `stopped`. */
            desired: string;
            /**
             * Format: double
             * @description Share of errors in the last five seconds' transactions of all its services, 0 to 100.
             */
            error_pct?: number | null;
            /**
             * Format: int64
             * @description Transactions of all its services that ended in an error.
             */
            errors_total?: number | null;
            /** @description The worst health in it. */
            health: components["schemas"]["Health"];
            /**
             * Format: int32
             * @description Port of its HTTP endpoint.
             */
            http_port?: number | null;
            /**
             * Format: int32
             * @description Instances that run: applications of this name in this cluster, itself among them.
             */
            instances_started: number;
            /**
             * Format: int32
             * @description Instances in all.
             */
            instances_total: number;
            /** @description How it is run. */
            kind: components["schemas"]["ApplicationKind"];
            last_action?: components["schemas"]["LastAction"] | null;
            /**
             * Format: int64
             * @description Resident memory of its processes.
             */
            memory_bytes?: number | null;
            /** @description Name within its server. */
            name: string;
            /** @description The package that it was installed from, `NAME@VERSION`. */
            package?: string | null;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            /**
             * Format: int32
             * @description Its main process.
             */
            pid?: number | null;
            problem?: components["schemas"]["Severity"] | null;
            /**
             * Format: int32
             * @description Restarts since the unit was first seen.
             */
            restarts: number;
            /**
             * Format: int32
             * @description Restarts within the last hour, give or take five minutes.
             */
            restarts_1h: number;
            /**
             * Format: int32
             * @description Restarts within the last 24 hours, give or take five minutes.
             */
            restarts_24h: number;
            /** @description Name of its server. */
            server: string;
            /** @description When the status was entered. */
            since: components["schemas"]["Timestamp"];
            /** @description True when the data is late (older than three intervals) or there is none. */
            stale: boolean;
            started_at?: components["schemas"]["Timestamp"] | null;
            /** @description What it does now. */
            status: components["schemas"]["ApplicationStatus"];
            /**
             * Format: double
             * @description Transactions a second of all its services.
             */
            tps?: number | null;
            /** @description Its version, when the unit tells how to find it. */
            version?: string | null;
            /**
             * @description Whether its version is another than most instances have (at a tie: than the newest of those);
             *     null without a version.
             */
            version_differs?: boolean | null;
        };
        /** @enum {string} */
        ApplicationStatus: "STARTING" | "STARTED" | "STOPPING" | "STOPPED" | "FAILED" | "QUARANTINED" | "UNKNOWN";
        /** @description What a parameter is given: a truth value, a number or a text. */
        Argument: boolean | number | string;
        /** @description Something that somebody did: who, how known, from where, what, why, and what came of it. */
        AuditEntry: {
            /** @description Who approved it, where that was needed. */
            approved_by: string[];
            ended_at?: components["schemas"]["Timestamp"] | null;
            /** @description Who, how known, from where, when and what: the event as the journal has it. */
            event: components["schemas"]["Event"];
            /** @description What the first target that went wrong says. */
            message?: string | null;
            /** @description Of an action: `start`, `stop`, `restart`, …; `cancel` of the end of one. */
            operation?: string | null;
            /** @description Why, in the words of who did it. */
            reason?: string | null;
            /** @description What came of it. */
            result: components["schemas"]["AuditResult"];
        };
        /** @description A window of the audit. */
        AuditPage: {
            /** @description The deeds, the newest first. */
            items: components["schemas"]["AuditEntry"][];
            /**
             * Format: int64
             * @description The next `before`; null at the end.
             */
            next?: number | null;
        };
        /**
         * @description What came of a deed.
         * @enum {string}
         */
        AuditResult: "DONE" | "PENDING" | "SUCCEEDED" | "FAILED" | "UNKNOWN" | "REFUSED";
        /** @description Result of walking the journal's hash chain from its first record to its last. */
        AuditVerification: {
            /**
             * Format: int64
             * @description Position of the first record that is not: every one before it is good.
             */
            broken_seq?: number | null;
            /** @description Its hash, lower-case hex. */
            head_hash: string;
            /**
             * Format: int64
             * @description Position of the last good record.
             */
            head_seq: number;
            /** @description True when every record is what was written. */
            ok: boolean;
            /** @description The first fault, in words. */
            problem?: string | null;
            /**
             * Format: int64
             * @description Records looked at.
             */
            records: number;
        };
        /** @description How available a tenant was. */
        Availability: {
            /** @description Until when the error budget is for. */
            ends_at: components["schemas"]["Timestamp"];
            /** @description From here … */
            from: components["schemas"]["Timestamp"];
            /** @description Times in which no master watched, the oldest first. */
            gaps: components["schemas"]["AvailabilityGap"][];
            /**
             * Format: int64
             * @description Applications and services that were STOPPED all the time, which count as not in use.
             */
            idle: number;
            /** @description True when there were more rows or outages. */
            is_cut: boolean;
            /** @description All of the kind that the tenant is judged by: its services; its applications when it has none, else its servers. */
            judged_by: components["schemas"]["AvailabilityKind"];
            /**
             * Format: double
             * @description What is promised of all that has no objective of its own, in percent.
             */
            objective?: number | null;
            /** @description The newest first, at most [`AVAILABILITY_ROWS_MAX`]. */
            outages: components["schemas"]["OutageRow"][];
            /** @description The same by parts of the time: hours of a day, days of what is longer. */
            parts: components["schemas"]["AvailabilityPart"][];
            /** @description Services, applications and servers, the worst of each first, at most [`AVAILABILITY_ROWS_MAX`] of each. */
            rows: components["schemas"]["AvailabilityRow"][];
            /** @description Its name. */
            tenant: components["schemas"]["ObjectPath"];
            /** @description What people call it. */
            title: string;
            /** @description Added up over all of that kind. */
            total: components["schemas"]["AvailabilityTime"];
            /** @description … to here: now, when the time goes on. */
            until: components["schemas"]["Timestamp"];
        };
        /** @description A time in which no master watched. */
        AvailabilityGap: {
            /** @description From here … */
            from: components["schemas"]["Timestamp"];
            /** @description … to here. */
            until: components["schemas"]["Timestamp"];
        };
        /**
         * @description What is measured.
         * @enum {string}
         */
        AvailabilityKind: "service" | "application" | "server";
        /** @description A part of the time. */
        AvailabilityPart: {
            /** @description Where it begins. */
            from: components["schemas"]["Timestamp"];
            /** @description How long all of the kind that the tenant is judged by was what. */
            time: components["schemas"]["AvailabilityTime"];
        };
        /** @description One thing that was measured: up while one of its instances is. */
        AvailabilityRow: components["schemas"]["AvailabilityTime"] & {
            /** @description Where it is. */
            cluster: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description How many instances it had.
             */
            instances: number;
            /** @description What it is. */
            kind: components["schemas"]["AvailabilityKind"];
            /** @description `APPLICATION/SERVICE`, `APPLICATION` or `SERVER`. */
            name: string;
            /** @description How it is at the end: `UP`, `DOWN`, `UNKNOWN` or `GONE`. */
            now: string;
            /** @description One of them, to look at. */
            object: components["schemas"]["ObjectPath"];
            /**
             * Format: double
             * @description What is promised of it, in percent.
             */
            objective?: number | null;
            /**
             * Format: int64
             * @description How often it went down.
             */
            outages: number;
        };
        /** @description How long it was what. */
        AvailabilityTime: {
            /**
             * Format: int64
             * @description What is left of that; negative when it was longer down.
             */
            budget_left_ms?: number | null;
            /**
             * Format: int64
             * @description How long it may be down in all; none without an objective.
             */
            budget_ms?: number | null;
            /**
             * Format: int64
             * @description Down.
             */
            down_ms: number;
            /**
             * Format: int64
             * @description In maintenance that was announced, which counts as neither.
             */
            maintenance_ms: number;
            /**
             * Format: double
             * @description The part of the known time in which it was up, in percent; none when nothing is known.
             */
            percent?: number | null;
            /**
             * Format: int64
             * @description Not known: no master watched, or nothing was heard.
             */
            unknown_ms: number;
            /**
             * Format: int64
             * @description Up.
             */
            up_ms: number;
        };
        /** @description One thing that the fleet does for its users, whatever servers it runs on. */
        BusinessService: {
            /** @description Name of the application. */
            application: string;
            /**
             * Format: int64
             * @description Those that are not healthy.
             */
            bad: number;
            /** @description How many instances are not healthy and how, in words; null when all are healthy. */
            cause?: string | null;
            /** @description Path of the cluster. */
            cluster: components["schemas"]["ObjectPath"];
            /** @description Business status codes of all instances, e.g. `DISCONN01`. */
            codes: string[];
            /**
             * Format: double
             * @description Share of errors in them, 0 to 100.
             */
            error_pct?: number | null;
            /** @description The worst health of its instances; one whose server is STALE is degraded at best. */
            health: components["schemas"]["Health"];
            /**
             * Format: int64
             * @description How many services it is.
             */
            instances: number;
            /** @description Name of the service. */
            name: string;
            problem?: components["schemas"]["Severity"] | null;
            /** @description Instances by status, in the order of the statuses. */
            statuses: components["schemas"]["StatusCount"][];
            /**
             * Format: double
             * @description Transactions a second of the instances whose server is seen; null when none's are known.
             */
            tps?: number | null;
        };
        /** @description How many series have a value of a label. */
        Cardinality: {
            /** @description The value. */
            name: string;
            /**
             * Format: int64
             * @description Series with it.
             */
            series: number;
        };
        /** @description kind names the cause; the other fields depend on it */
        Cause: {
            kind: string;
        } & {
            [key: string]: unknown;
        };
        /** @description A channel in a list; its secrets are not shown. */
        ChannelRow: {
            delivered_at?: components["schemas"]["Timestamp"] | null;
            /** @description Whether it is used. */
            enabled: boolean;
            failing_since?: components["schemas"]["Timestamp"] | null;
            /** @description `email`, `webhook`, `chat`, `syslog`, `snmp_trap` or `script`. */
            kind: string;
            /** @description Identity. */
            name: string;
            /**
             * Format: int64
             * @description Messages by routes in the last hour.
             */
            recent: number;
            /** @description WORKING, or FAILING when what was last sent was given up. */
            status: string;
            tenant?: components["schemas"]["ObjectPath"] | null;
            /** @description The channel itself, in the text form; `<secret>` stands for each of its secrets. */
            text: string;
        };
        /** @description What a channel's receiver said to a test. */
        ChannelTest: {
            /** @description What it answered, or what is in the way and what to do. */
            answer: string;
            /** @description Whether it took the message. */
            delivered: boolean;
        };
        /**
         * @description Figures of one object over time. It begins where the history kept begins, if that is later than asked.
         *
         *     The last five minutes are as rows showed them, second by second; what reaches further back is worked out
         *     from the samples kept, those that came late included.
         */
        Chart: {
            /** @description The figures, in the order asked for. */
            figures: components["schemas"]["ChartFigure"][];
            /**
             * Format: int64
             * @description From when on the master keeps samples, in milliseconds since the Unix epoch; missing while it has none.
             */
            kept_since?: number | null;
            /** @description The object. */
            path: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description Milliseconds from one point to the next. A point averages what was heard in that time, and at least in
             *     the three intervals of the agent (four for what is counted) before its end.
             */
            resolution_ms: number;
            /** @description When each point begins: milliseconds since the Unix epoch, ascending, without holes. */
            times: number[];
        };
        /** @description One figure of a chart. */
        ChartFigure: {
            /** @description Its name, as in rows and filters. */
            name: string;
            /** @description What its values count. */
            unit: components["schemas"]["Unit"];
            /** @description One a time; null where nothing was heard. */
            values: (number | null)[];
        };
        /** @description Closes problems whose condition is no longer known to be so. */
        CloseRequest: {
            /** @description Why. */
            comment?: string | null;
            /** @description Which. */
            problems: number[];
        };
        /** @description How much there is in a cluster. */
        ClusterCounts: {
            /** @description Its applications. */
            applications: components["schemas"]["Counts"];
            /** @description Its open problems that no other explains, by severity, the worst first. */
            problems: components["schemas"]["StatusCount"][];
            /** @description Its servers. */
            servers: components["schemas"]["Counts"];
            /** @description Its services. */
            services: components["schemas"]["Counts"];
            /** @description Its tasks. */
            tasks: components["schemas"]["Counts"];
        };
        /** @description One cluster in a list. */
        ClusterRow: {
            /**
             * Format: int64
             * @description Milliseconds since it was heard of; none for the own one, and before the first time.
             */
            age_ms?: number | null;
            /** @description What it calls its clusters itself, as far as is known. */
            clusters?: components["schemas"]["ObjectPath"][];
            counts?: components["schemas"]["ClusterCounts"] | null;
            /** @description True for the cluster of the master that answers. */
            is_own: boolean;
            /**
             * Format: int64
             * @description Milliseconds that its last answer took.
             */
            lag_ms?: number | null;
            /** @description Its name here: of a joined cluster, what follows the `@` in paths. */
            name: string;
            /** @description Why it is DOWN or REFUSED, and what to do. */
            reason?: string | null;
            /** @description How the way to it is. */
            status: components["schemas"]["ClusterStatus"];
            /** @description The master that is asked. */
            url: string;
            /** @description Topmast's version there, once it is known. */
            version?: string | null;
        };
        /**
         * @description How the way to a cluster is.
         * @enum {string}
         */
        ClusterStatus: "CONNECTING" | "UP" | "STALE" | "DOWN" | "REFUSED";
        /** @description Which clusters: all. */
        ClustersTopic: Record<string, never>;
        /** @description One cluster. */
        ClusterSummary: {
            /**
             * Format: int64
             * @description Applications in it.
             */
            applications: number;
            /**
             * Format: int64
             * @description Those that are not healthy.
             */
            applications_bad: number;
            /**
             * Format: double
             * @description Share of errors in them, 0 to 100.
             */
            error_pct?: number | null;
            /** @description The worst health inside. */
            health: components["schemas"]["Health"];
            /** @description Its name. */
            name: string;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            problem?: components["schemas"]["Severity"] | null;
            /**
             * Format: int64
             * @description Servers in it.
             */
            servers: number;
            /**
             * Format: int64
             * @description Those that are not healthy.
             */
            servers_bad: number;
            /**
             * Format: int64
             * @description Services in it.
             */
            services: number;
            /**
             * Format: int64
             * @description Those that are not healthy.
             */
            services_bad: number;
            /**
             * Format: int64
             * @description Tasks in it.
             */
            tasks: number;
            /**
             * Format: int64
             * @description Those that are not healthy.
             */
            tasks_bad: number;
            /**
             * Format: double
             * @description Transactions a second; null when no service's are known.
             */
            tps?: number | null;
        };
        /** @enum {string} */
        CodeKind: "configuration" | "rule" | "channel" | "route" | "maintenance";
        /** @description What bringing things as code does, or would do. */
        CodePlan: {
            /** @description One after the other, in the order in which it is done. */
            items: components["schemas"]["CodePlanItem"][];
        };
        /** @description One thing of a plan. */
        CodePlanItem: {
            /**
             * Format: int64
             * @description The newest revision of a configuration that is there.
             */
            base?: number | null;
            /** @description `added`, `changed`, `deleted`, `unchanged`, or `taken over` when only the lock is new. */
            change: string;
            /** @description What it is. */
            kind: components["schemas"]["CodeKind"];
            /** @description Which. */
            name: string;
            /** @description True when it was made or changed by hand and is kept as code from now on. */
            taken_over: boolean;
        };
        /** @description Lets a thing be changed by hand again, until it is brought as code the next time. */
        CodeReleaseRequest: {
            /** @description What it is. */
            kind: components["schemas"]["CodeKind"];
            /** @description Which. */
            name: string;
            /** @description Why, for the audit. */
            reason: string;
        };
        /** @description Brings things as code, or tells what that would do. */
        CodeRequest: {
            /** @description The newest revisions of configurations as the plan saw them: refused when one is newer. */
            bases?: {
                [key: string]: number;
            };
            /** @description `[[channel]]` tables, TOML. */
            channels?: string;
            /** @description `[[configuration]]` tables, TOML. */
            configurations?: string;
            /** @description Only tells what it would do. */
            dry_run?: boolean;
            /** @description `[[maintenance]]` tables, TOML. */
            maintenances?: string;
            /** @description Deletes what is kept as code and is not in these texts, as far as it is for whoever asks to delete. */
            prune?: boolean;
            /** @description Why, for the audit. */
            reason?: string | null;
            /** @description `[[route]]` tables, TOML. */
            routes?: string;
            /** @description `[[rule]]` tables, TOML. */
            rules?: string;
        };
        /** @description A thing that is kept as code. */
        CodeRow: {
            /** @description What it is. */
            kind: components["schemas"]["CodeKind"];
            /** @description Which. */
            name: string;
        };
        /** @description Writes something about problems. */
        CommentRequest: {
            /** @description About which. */
            problems: number[];
            /** @description What. */
            text: string;
        };
        /** @description What laying a revision down would do. */
        ConfigurationApplyPlan: {
            /** @description The configuration. */
            name: string;
            /**
             * Format: int64
             * @description The revision.
             */
            revision: number;
            /** @description On what, in order. */
            targets: components["schemas"]["ConfigurationPlannedTarget"][];
        };
        /** @description Lays a revision down on servers. */
        ConfigurationApplyRequest: {
            /** @description Only tells what would be done. */
            dry_run?: boolean;
            /**
             * Format: uuid
             * @description Identity and idempotency key of the action, as of any other. Made when missing.
             */
            id?: string | null;
            /** @description Although guards refuse; takes a reason, and the right to override guards on every target. */
            override_guards?: boolean;
            /** @description Writes over what somebody changed by hand on the servers; such a target FAILS when missing. */
            overwrite?: boolean;
            /** @description Why, for the audit. */
            reason?: string | null;
            /**
             * Format: int64
             * @description Which revision; the newest when missing.
             */
            revision?: number | null;
            rolling?: components["schemas"]["Rolling"] | null;
            /** @description The applications' paths; all that the configuration is for when there are none. */
            targets?: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description Milliseconds until a target without an outcome becomes UNKNOWN; 120,000 when missing.
             */
            timeout_ms?: number | null;
        };
        /** @description A configuration as one revision has it, with what lies on servers. */
        ConfigurationDetails: {
            /** @description The configuration. */
            configuration: components["schemas"]["ConfigurationRow"];
            /** @description Files that are not the same everywhere. */
            peers: components["schemas"]["ConfigurationPeers"][];
            /**
             * Format: int64
             * @description The revision that is told here.
             */
            revision: number;
            /** @description Its revisions, the newest first. */
            revisions: components["schemas"]["ConfigurationRevision"][];
            /** @description The applications that it is for. */
            targets: components["schemas"]["ConfigurationTarget"][];
            /** @description All of it in the text form, `<secret>` for secrets. */
            text: string;
        };
        /** @description What differs between two revisions. */
        ConfigurationDiff: {
            /** @description Files that differ; `(settings)` is everything beside the files' content. */
            files: components["schemas"]["FileDiff"][];
            /**
             * Format: int64
             * @description The older one; 0 is nothing.
             */
            from: number;
            /**
             * Format: int64
             * @description The newer one.
             */
            to: number;
        };
        /** @description A file that is not the same on all servers. */
        ConfigurationPeers: {
            /** @description What is in it where, what most have first. */
            contents: components["schemas"]["PeerContent"][];
            /** @description Its path. */
            path: string;
        };
        /** @description One target of a plan. */
        ConfigurationPlannedTarget: {
            /** @description What it does now. */
            application: components["schemas"]["ApplicationStatus"];
            /**
             * Format: int32
             * @description The batch in which it would begin, counted from 1.
             */
            batch: number;
            /** @description Files whose content becomes another one. */
            changed: string[];
            /** @description Files that somebody changed by hand. */
            drifted: string[];
            /** @description What would happen, in words. */
            effect: string;
            /** @description The application. */
            path: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description The revision that lies there.
             */
            revision?: number | null;
            /** @description How what lies there compares with the newest revision. */
            status: components["schemas"]["ConfigurationStatus"];
        };
        /** @description Makes a configuration, or gives one another revision. */
        ConfigurationRequest: {
            /**
             * Format: int64
             * @description The revision that it was made from; null of a configuration that is new. Refused when there is a newer one.
             */
            base?: number | null;
            /** @description Only tells what it would do. */
            dry_run?: boolean;
            /** @description Why, for the audit; at most 1,000 bytes. */
            reason?: string | null;
            /** @description One `[[configuration]]` table, TOML. `<secret>` stands for the secret that there is. */
            text: string;
        };
        /** @description Makes what an older revision says the newest one. */
        ConfigurationRevertRequest: {
            /**
             * Format: int64
             * @description The newest revision as far as is known; refused when there is a newer one.
             */
            base: number;
            /** @description Why, for the audit. */
            reason?: string | null;
            /**
             * Format: int64
             * @description The older revision.
             */
            to: number;
        };
        /** @description What a change makes of a configuration, or would make. */
        ConfigurationRevised: {
            /** @description What is another one than before. */
            diff: components["schemas"]["ConfigurationDiff"];
            /** @description Which. */
            name: string;
            /**
             * Format: int64
             * @description The number of the new revision; null when nothing changes.
             */
            revision?: number | null;
        };
        /** @description One revision in a list. */
        ConfigurationRevision: {
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description Who made it. */
            author: string;
            /**
             * Format: int64
             * @description Its number, from 1.
             */
            number: number;
            /** @description Why. */
            reason?: string | null;
        };
        /** @description One configuration in a list. */
        ConfigurationRow: {
            /** @description The name of these applications. */
            application: string;
            /** @description True when it is kept as code, so that it is not changed by hand. */
            as_code: boolean;
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description Who made that. */
            author: string;
            /**
             * Format: int64
             * @description Those with files that are not what was laid down.
             */
            drifted: number;
            /** @description Paths of its files. */
            files: string[];
            /**
             * Format: int64
             * @description Those with the newest revision as it was laid down.
             */
            in_sync: number;
            /** @description Identity. */
            name: string;
            /**
             * Format: int64
             * @description Those with another revision, or none.
             */
            pending: number;
            /** @description Why. */
            reason?: string | null;
            /**
             * Format: int64
             * @description The number of its newest revision.
             */
            revision: number;
            /**
             * Format: int64
             * @description Applications that it is for, of those that may be read.
             */
            targets: number;
            /** @description Where its applications are. */
            within: components["schemas"]["ObjectPath"];
        };
        /** @enum {string} */
        ConfigurationStatus: "DRIFTED" | "PENDING" | "IN_SYNC";
        /** @description An application that a configuration is for. */
        ConfigurationTarget: {
            /** @description Files that are not what was laid down. */
            drifted: components["schemas"]["DriftedFile"][];
            /** @description The application. */
            path: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description The revision that lies there; null when none does.
             */
            revision?: number | null;
            since?: components["schemas"]["Timestamp"] | null;
            /** @description How what lies there compares with the newest revision. */
            status: components["schemas"]["ConfigurationStatus"];
        };
        /** @description How many objects of one kind are how. */
        Counts: {
            /**
             * Format: int64
             * @description Those on their way, late, or seen late.
             */
            degraded: number;
            /**
             * Format: int64
             * @description Those that do not do what was asked for.
             */
            failed: number;
            /**
             * Format: int64
             * @description Those that do what was asked for.
             */
            healthy: number;
            /** @description By status, in the order of the statuses; those that none has are left out. */
            statuses: components["schemas"]["StatusCount"][];
            /**
             * Format: int64
             * @description All of them.
             */
            total: number;
            /**
             * Format: int64
             * @description Those that cannot be told.
             */
            unknown: number;
        };
        /** @description A custom action that an application or a service offers. */
        CustomAction: {
            /** @description To be asked about before it is ordered. */
            confirm?: boolean;
            /** @description What it does, for people. */
            description?: string | null;
            /** @description The application does not serve meanwhile, so that guards look at it as at a restart. */
            disrupts?: boolean;
            /** @description How it is done: one of the two. */
            means: components["schemas"]["Means"];
            /** @description Its name, unique in the application. */
            name: string;
            /** @description What it is told. */
            parameters?: components["schemas"]["Parameter"][];
            /** @description Who may order it: `operator` or `admin`. */
            right: components["schemas"]["CustomRight"];
            /** @description What it is done to: `application` or `service`. */
            target: components["schemas"]["CustomTarget"];
            /**
             * Format: int64
             * @description How long it may take, in milliseconds; then it is ended and has failed.
             */
            timeout_ms: number;
        };
        /** @description Names a custom action and says what it is told. */
        CustomOrder: {
            /** @description What it is told, by parameter; defaults where nothing is said. */
            arguments?: {
                [key: string]: components["schemas"]["Argument"];
            };
            /** @description The custom action. */
            name: string;
        };
        /** @enum {string} */
        CustomRight: "operator" | "admin";
        /** @enum {string} */
        CustomTarget: "application" | "service";
        /** @description A dashboard: where its widgets stand, on a grid of 24 columns. */
        Dashboard: {
            /** @description Its name. */
            name: string;
            /** @description When it was put. */
            put_at: components["schemas"]["Timestamp"];
            /** @description Whose it is. */
            tenant: components["schemas"]["ObjectPath"];
            /** @description In the order of their rows, and from left to right. */
            widgets: components["schemas"]["DashboardWidget"][];
        };
        /** @description A dashboard in a list. */
        DashboardRow: {
            /**
             * Format: int64
             * @description Size of what was put.
             */
            bytes: number;
            /** @description Its name, which no other of the tenant has. */
            name: string;
            /** @description When it was put. */
            put_at: components["schemas"]["Timestamp"];
            /** @description Whose it is. */
            tenant: components["schemas"]["ObjectPath"];
        };
        /** @description A widget: what it is and where it stands. */
        DashboardWidget: {
            /** @description What is wrong with it; missing when nothing is. */
            fault?: string | null;
            /**
             * Format: int64
             * @description Rows.
             */
            height: number;
            /**
             * Format: int64
             * @description Its place in what was put, by which its data is asked for.
             */
            index: number;
            /** @description What it is. */
            kind: components["schemas"]["WidgetKind"];
            /** @description Of a text: its markdown. */
            markdown?: string;
            /** @description Of metrics: whether series are added up. */
            stacked?: boolean;
            /** @description What stands above; empty when there is nothing. */
            title: string;
            /** @description Of metrics: how values are shown. */
            view?: components["schemas"]["WidgetView"];
            /**
             * Format: int64
             * @description Columns.
             */
            width: number;
            /**
             * Format: int64
             * @description The column it begins in: 0 to 23.
             */
            x: number;
            /**
             * Format: int64
             * @description The row it begins in.
             */
            y: number;
        };
        /** @description What changed of a watched list. */
        Delta_ApplicationRow: {
            /**
             * Format: int64
             * @description The revision that it starts from.
             */
            after: number;
            /** @description Rows that are new in the window or changed. */
            changed: components["schemas"]["ApplicationRow"][];
            /** @description All facets of the watch; missing when they are as before. */
            facets?: components["schemas"]["Facet"][] | null;
            /** @description All clusters that are missing in the list, as in its page; missing when they are as before. */
            missing?: string[] | null;
            /** @description New places, by ascending index. */
            placed: components["schemas"]["Placement"][];
            /** @description Paths of rows that left the window. */
            removed: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description The revision that it leads to.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description What changed of a watched list. */
        Delta_ServerRow: {
            /**
             * Format: int64
             * @description The revision that it starts from.
             */
            after: number;
            /** @description Rows that are new in the window or changed. */
            changed: components["schemas"]["ServerRow"][];
            /** @description All facets of the watch; missing when they are as before. */
            facets?: components["schemas"]["Facet"][] | null;
            /** @description All clusters that are missing in the list, as in its page; missing when they are as before. */
            missing?: string[] | null;
            /** @description New places, by ascending index. */
            placed: components["schemas"]["Placement"][];
            /** @description Paths of rows that left the window. */
            removed: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description The revision that it leads to.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description What changed of a watched list. */
        Delta_ServiceRow: {
            /**
             * Format: int64
             * @description The revision that it starts from.
             */
            after: number;
            /** @description Rows that are new in the window or changed. */
            changed: components["schemas"]["ServiceRow"][];
            /** @description All facets of the watch; missing when they are as before. */
            facets?: components["schemas"]["Facet"][] | null;
            /** @description All clusters that are missing in the list, as in its page; missing when they are as before. */
            missing?: string[] | null;
            /** @description New places, by ascending index. */
            placed: components["schemas"]["Placement"][];
            /** @description Paths of rows that left the window. */
            removed: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description The revision that it leads to.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description What changed of a watched list. */
        Delta_TaskRow: {
            /**
             * Format: int64
             * @description The revision that it starts from.
             */
            after: number;
            /** @description Rows that are new in the window or changed. */
            changed: components["schemas"]["TaskRow"][];
            /** @description All facets of the watch; missing when they are as before. */
            facets?: components["schemas"]["Facet"][] | null;
            /** @description All clusters that are missing in the list, as in its page; missing when they are as before. */
            missing?: string[] | null;
            /** @description New places, by ascending index. */
            placed: components["schemas"]["Placement"][];
            /** @description Paths of rows that left the window. */
            removed: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description The revision that it leads to.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A login through the identity provider that was begun for a client without a browser. */
        DeviceLogin: {
            /** @description When it ends undone. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How long to wait between two questions whether it is done.
             */
            interval_s: number;
            /** @description Goes back with each question. */
            login: string;
            /** @description That address as a QR code, line by line: `1` is dark, `0` is light; four light ones belong around it. */
            qr?: string[];
            /** @description What to type at the address, in any browser. */
            user_code: string;
            /** @description Where. */
            verification_uri: string;
            /** @description The same with the code in it, when the provider has one. */
            verification_uri_complete?: string | null;
        };
        /** @description Whether a login through the identity provider is done. */
        DeviceSession: {
            session?: components["schemas"]["Session"] | null;
        };
        /** @description `POST /api/v1/oidc/device/session`. */
        DeviceSessionRequest: {
            /** @description As it was begun. */
            login: string;
        };
        /** @description A line of one side, or of both. */
        DiffLine: {
            /**
             * Format: int64
             * @description Its number in the older file; null when it is not there.
             */
            left?: number | null;
            /**
             * Format: int64
             * @description Its number in the newer file; null when it is not there.
             */
            right?: number | null;
            /** @description What it says. */
            text: string;
        };
        /** @description A file that is not what was laid down. */
        DriftedFile: {
            /** @description SHA-256 of what is there; null when nothing is. */
            found?: string | null;
            /** @description SHA-256 of what was laid down. */
            laid: string;
            /** @description Its path. */
            path: string;
        };
        /** @description A host with ssh. */
        Endpoint: {
            /** @description Host name or IP address. */
            address: string;
            /** @description Fingerprint of the key that it must show, `SHA256:…`. */
            fingerprint?: string | null;
            /**
             * Format: int32
             * @description TCP port.
             */
            port?: number;
            /** @description The account. */
            user: string;
        };
        /** @description What an admitted agent needs to connect. */
        Enrolment: {
            /** @description The cluster's CA, PEM. */
            ca_pem: string;
            /** @description Its certificate, PEM. */
            certificate_pem: string;
            /** @description The path of its server. */
            server: components["schemas"]["ObjectPath"];
        };
        /** @description Asks to enter a cluster; the join token is the proof. */
        EnrolRequest: {
            /** @description Certificate request (PKCS #10) for the agent's key, PEM. */
            csr_pem: string;
            /** @description The join token's secret. */
            join_token: string;
            /** @description The name that the server shall have in its cluster. */
            server: string;
        };
        /** @description One fact of the journal. */
        Event: {
            /**
             * Format: uuid
             * @description The action it belongs to.
             */
            action?: string | null;
            /** @description Who caused it. */
            actor: components["schemas"]["Actor"];
            /** @description What happened, e.g. `ApplicationChanged`. */
            kind: string;
            object?: components["schemas"]["ObjectPath"] | null;
            /** @description The fact's fields, which depend on the kind. */
            payload: unknown;
            /**
             * Format: int64
             * @description Position in the journal, and the cursor of the event stream.
             */
            seq: number;
            /** @description The tenant it concerns. */
            tenant: string;
            /** @description When it was decided. */
            time: components["schemas"]["Timestamp"];
        };
        /**
         * @description Order of a list of events.
         * @enum {string}
         */
        EventOrder: "asc" | "desc";
        /** @description A window of the journal. */
        EventPage: {
            /**
             * Format: int64
             * @description Position of the journal's last event when this was read.
             */
            head_seq: number;
            /** @description The events, in the order asked for. */
            items: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description Where to go on: the next `after` (ascending) or `before` (descending); null at the end.
             */
            next?: number | null;
        };
        /** @description Which events to list or follow. */
        EventQuery: {
            /**
             * Format: uuid
             * @description Only those of this action.
             */
            action?: string | null;
            /**
             * Format: int64
             * @description Only those after this position.
             */
            after?: number | null;
            /**
             * Format: int64
             * @description Only those before this position. Not for the stream.
             */
            before?: number | null;
            /** @description Only those that a filter over [`EVENTS`](topmast_model::filter::fields::EVENTS) lets through. */
            filter?: string | null;
            /** @description Only those of this kind. */
            kind?: string | null;
            /**
             * Format: int32
             * @description Most events: [`EVENTS_DEFAULT`] when missing, at most [`EVENTS_MAX`]. Not for the stream.
             */
            limit?: number | null;
            object?: components["schemas"]["ObjectPath"] | null;
            order?: components["schemas"]["EventOrder"] | null;
            since?: components["schemas"]["Timestamp"] | null;
            until?: components["schemas"]["Timestamp"] | null;
        };
        /**
         * @description Form of an export.
         * @enum {string}
         */
        ExportFormat: "jsonl" | "cef";
        /** @description How often each value of a field stands in the rows that the filter lets through, in all windows. */
        Facet: {
            /** @description The field. */
            field: string;
            /** @description True when there are more values. */
            more: boolean;
            /** @description The most frequent values, at most [`FACET_VALUES_MAX`]; a row without a value counts nowhere. */
            values: components["schemas"]["FacetValue"][];
        };
        /** @description One value of a facet. */
        FacetValue: {
            /**
             * Format: int64
             * @description Rows that have it.
             */
            count: number;
            /** @description As a filter compares it: `field=value`. */
            value: string;
        };
        /** @description What differs in a file. */
        FileDiff: {
            /** @description `added`, `changed` or `removed`. */
            change: string;
            /** @description Every line, for two columns side by side. */
            lines: components["schemas"]["DiffLine"][];
            /** @description Its path. */
            path: string;
            /** @description In the form of `diff -u`. */
            unified: string;
        };
        /** @description Announces a freeze, or changes one. */
        FreezeRequest: {
            /**
             * Format: uuid
             * @description Identity of the one to change, or of the new one; made here when missing.
             */
            id?: string | null;
            /** @description Why nothing is to be acted on. */
            name: string;
            /** @description On what, and everything inside it; of one tenant. */
            objects: components["schemas"]["ObjectPath"][];
            /** @description Only the applications among them that this filter takes. */
            only?: string | null;
            /** @description When: `once` or `recurring`. */
            window: components["schemas"]["MaintenanceWindow"];
        };
        /** @description One freeze in a list. */
        FreezeRow: {
            /** @description Who announced it. */
            by: components["schemas"]["Actor"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description Whether it is in force now. */
            in_force: boolean;
            /** @description Why nothing is to be acted on. */
            name: string;
            /** @description On what, and everything inside it. */
            objects: components["schemas"]["ObjectPath"][];
            /** @description Only the applications among them that this filter takes; all when empty. */
            only: string;
            /** @description The times planned; those that are over included until they are planned anew. */
            periods: components["schemas"]["MaintenancePeriod"][];
            /** @description When. */
            window: components["schemas"]["MaintenanceWindow"];
        };
        Grant: {
            /** @description where it holds; null is everywhere */
            path?: string | null;
            /** @enum {string} */
            role: "viewer" | "logs" | "operator" | "approver" | "writer" | "terminal" | "admin" | "auditor";
        };
        /** @description Replaces what a user may do. */
        GrantsRequest: {
            /** @description All of the user's grants from now on. */
            grants: components["schemas"]["Grant"][];
        };
        /** @enum {string} */
        GuestKind: "zone" | "wpar" | "ldom" | "vm" | "container";
        /** @enum {string} */
        Health: "healthy" | "degraded" | "unknown" | "failed";
        /** @description A heartbeat just declared. The secret is shown this once. */
        HeartbeatCreated: components["schemas"]["HeartbeatRow"] & {
            /** @description The address below the master's, without credentials: `GET` or `POST` gives a sign. */
            address: string;
            /** @description What its address ends with. */
            secret: string;
        };
        /** @description Expects signs of a task. */
        HeartbeatRequest: {
            /**
             * Format: int64
             * @description Longest time between two signs, in seconds.
             */
            every_s: number;
            /**
             * Format: int64
             * @description How much longer it may be, in seconds; none when missing.
             */
            grace_s?: number;
            /** @description The task: tenant/cluster/server/application/task. One that is expected already gets a new secret. */
            path: components["schemas"]["ObjectPath"];
        };
        /** @description One heartbeat in a list; how it is now stands in its task. */
        HeartbeatRow: {
            /**
             * Format: int64
             * @description Longest time between two signs, in seconds.
             */
            every_s: number;
            /**
             * Format: int64
             * @description How much longer it may be, in seconds, before it is LATE.
             */
            grace_s: number;
            /** @description When it is LATE without another one. */
            overdue_at: components["schemas"]["Timestamp"];
            /** @description The task: tenant/cluster/server/application/task. */
            path: components["schemas"]["ObjectPath"];
            /** @description When its last sign came; when it was declared before the first. */
            seen_at: components["schemas"]["Timestamp"];
        };
        /** @description `GET /api/v1/history/status`. */
        HistoryStatus: {
            /** @description Metrics with the most series now, the largest first. */
            by_metric: components["schemas"]["Cardinality"][];
            /** @description Servers with the most series now, the largest first. */
            by_server: components["schemas"]["Cardinality"][];
            /** @description What was found damaged since the master started: file, byte and what is wrong. Everything else serves. */
            damages: string[];
            /**
             * Format: int64
             * @description Bytes of what is new: the log, its checkpoints and the windows that are open.
             */
            head_bytes: number;
            /**
             * Format: int64
             * @description Samples of agents that could not be taken since the master started, for the disk took nothing.
             */
            lost_samples: number;
            /**
             * Format: int64
             * @description New series that were refused since the master started, for there were too many.
             */
            refused_series: number;
            remote?: components["schemas"]["RemoteStatus"] | null;
            /**
             * Format: int64
             * @description Series that are written now.
             */
            series: number;
            /**
             * Format: int64
             * @description Most series that may be, of all servers; they are all of this master's one tenant.
             */
            series_max: number;
            /**
             * Format: int64
             * @description Most series that one server or scrape target may have.
             */
            server_series_max: number;
            /** @description What is older: every sample, a value a minute, a value an hour. */
            tiers: components["schemas"]["HistoryTier"][];
            /** @description Why nothing could be written the last time; null while writing works. */
            trouble?: string | null;
            /**
             * Format: int64
             * @description Bytes that were taken in and are in no file yet.
             */
            waiting_bytes: number;
        };
        /** @description One tier. */
        HistoryTier: {
            /**
             * Format: int64
             * @description Bytes of them.
             */
            bytes: number;
            /**
             * Format: double
             * @description Bytes a sample; null when there is none.
             */
            bytes_per_sample?: number | null;
            /**
             * Format: int64
             * @description Days for which it is kept.
             */
            keep_days: number;
            /** @description `raw`, `1m` or `1h`. */
            name: string;
            newest?: components["schemas"]["Timestamp"] | null;
            oldest?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description Samples in them; of minutes and hours the number of those.
             */
            samples: number;
            /**
             * Format: int64
             * @description Files.
             */
            segments: number;
        };
        /** @enum {string} */
        HostSystem: "linux" | "aix" | "solaris" | "freebsd" | "macos" | "esxi";
        /** @description A join token just made. The secret is shown this once. */
        JoinTokenCreated: components["schemas"]["JoinTokenRow"] & {
            /** @description What the agent is given. */
            secret: string;
        };
        /** @description Asks for a join token. */
        JoinTokenRequest: {
            cluster?: components["schemas"]["ObjectPath"] | null;
            /**
             * Format: int64
             * @description Seconds until it ends; an hour when missing.
             */
            expires_in_s?: number | null;
            /**
             * Format: int32
             * @description How many servers it admits; one when missing.
             */
            uses?: number | null;
        };
        /** @description One join token in a list. */
        JoinTokenRow: {
            /** @description The cluster it admits to. */
            cluster: components["schemas"]["ObjectPath"];
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description When it ends by itself. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /**
             * Format: int32
             * @description How many servers it admits in all.
             */
            uses: number;
            /**
             * Format: int32
             * @description How many more it admits.
             */
            uses_left: number;
        };
        /** @description The action that was last asked of an application. */
        LastAction: {
            /** @description When it was accepted. */
            at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description What was asked. */
            operation: components["schemas"]["Operation"];
            /** @description Who asked, e.g. `user admin`. */
            principal: string;
            /** @description How far it is with this application. */
            status: components["schemas"]["ActionStatus"];
        };
        /** @description The latest value of one series. */
        LatestSample: {
            /** @description In the Prometheus text form: `host_load_1` or `name{label="value"}`. */
            series: string;
            /** @description When it was read. */
            time: components["schemas"]["Timestamp"];
            /**
             * Format: double
             * @description In the metric's base unit; null when it is not a number.
             */
            value?: number | null;
        };
        /** @description What a list or watch shows of its kind. */
        ListQuery: {
            at?: components["schemas"]["Timestamp"] | null;
            /** @description Text fields separated by commas of which the values are counted, at most [`FACETS_MAX`]. */
            facets?: string | null;
            /** @description `field:op value` terms and free text; empty for everything. */
            filter?: string | null;
            /**
             * Format: int32
             * @description Most rows: [`LIMIT_DEFAULT`] when missing, at most [`LIMIT_MAX`].
             */
            limit?: number | null;
            /**
             * Format: int64
             * @description Rows to leave out at the beginning.
             */
            offset?: number | null;
            /** @description Fields separated by commas, each with `-` before it for descending; by path when missing. */
            sort?: string | null;
        };
        /**
         * @description The kinds of message.
         * @enum {string}
         */
        LiveEvent: "hello" | "heartbeat" | "snapshot" | "delta" | "value" | "event" | "progress" | "refused";
        /** @description That the connection lives. */
        LiveHeartbeat: {
            /** @description The master's clock now: shows a client how wrong its own is. */
            time: components["schemas"]["Timestamp"];
        };
        /** @description What a master says first. */
        LiveHello: {
            /** @description The cluster that it leads. */
            cluster: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description Milliseconds between two heartbeats.
             */
            heartbeat_ms: number;
            /** @description Its clock now. */
            time: components["schemas"]["Timestamp"];
            /** @description Its version. */
            version: string;
            /** @description IANA name of the time zone that its machine is in, e.g. `Europe/Berlin`; missing when it is not known. */
            zone?: string | null;
        };
        /** @description One message of the master. */
        LiveMessage: {
            /** @description What it says, as the event and the subscription's [`Topic`] determine. */
            data: unknown;
            /** @description What it is. */
            event: components["schemas"]["LiveEvent"];
            /**
             * Format: int32
             * @description The subscription that it belongs to; missing when it is about the connection.
             */
            id?: number | null;
        };
        /** @description The master answers. */
        Liveness: {
            /** @description `ok`. */
            status: string;
            /** @description Topmast's version. */
            version: string;
        };
        /** @description One message of a client. */
        LiveRequest: {
            /** @description Begins a subscription, or replaces the one with its id. */
            subscribe: components["schemas"]["Subscribe"];
        } | {
            /** @description Ends a subscription; one that there is not is ended already. */
            unsubscribe: components["schemas"]["Unsubscribe"];
        };
        /** @description What was begun in one cluster. */
        LogBegun: {
            /**
             * Format: int32
             * @description How many applications on them.
             */
            applications: number;
            /** @description The servers that are read. */
            servers: components["schemas"]["ObjectPath"][];
        };
        /** @description How a cluster is coming on. */
        LogCluster: {
            /** @description Why it tells nothing, or not everything, in words. */
            detail?: string | null;
            /** @description What it is called in the list of clusters. */
            name: string;
            /** @description What it does. */
            state: components["schemas"]["LogState"];
        };
        /** @description All of an answer together. */
        LogEnded: {
            /**
             * Format: int64
             * @description Bytes that were looked through.
             */
            bytes: number;
            /**
             * Format: int32
             * @description Servers that told nothing, or not everything.
             */
            failed: number;
            /**
             * Format: int32
             * @description Clusters that told nothing, or not everything.
             */
            failed_clusters?: number;
            /**
             * Format: int64
             * @description Matches.
             */
            matches: number;
        };
        /** @description A sign of life. */
        LogHeartbeat: {
            /** @description The master's time. */
            time: components["schemas"]["Timestamp"];
        };
        /** @enum {string} */
        LoginKind: "key" | "password";
        /** @description A way to log in: one of the two. */
        LoginRequest: {
            /** @description A password. */
            password?: string | null;
            /** @description A private key without a passphrase, in OpenSSH's or PEM form. */
            private_key?: string | null;
        };
        /** @description The ways in beside user name and password. */
        LoginWays: {
            /** @description What the identity provider is called, when there is one: begin at `/api/v1/oidc/login` in a browser. */
            oidc?: string | null;
        };
        /** @description One line of an answer. */
        LogMessage: {
            /** @description It is in the journal of a cluster. */
            data: components["schemas"]["LogBegun"];
            /** @enum {string} */
            event: "begun";
        } | {
            /** @description A line of a log. */
            data: components["schemas"]["LogRow"];
            /** @enum {string} */
            event: "line";
        } | {
            /** @description What is to be known of a source beside its lines. */
            data: components["schemas"]["LogNote"];
            /** @enum {string} */
            event: "note";
        } | {
            /** @description How a server is coming on. */
            data: components["schemas"]["LogServer"];
            /** @enum {string} */
            event: "server";
        } | {
            /** @description How a joined cluster is coming on, or why one is not read. */
            data: components["schemas"]["LogCluster"];
            /** @enum {string} */
            event: "cluster";
        } | {
            /** @description Nothing else was told for a while. */
            data: components["schemas"]["LogHeartbeat"];
            /** @enum {string} */
            event: "heartbeat";
        } | {
            /** @description All servers are done. */
            data: components["schemas"]["LogEnded"];
            /** @enum {string} */
            event: "ended";
        };
        /** @description What is to be known of a source. */
        LogNote: {
            /** @description The application. */
            application: components["schemas"]["ObjectPath"];
            /** @description The source. */
            source: string;
            /** @description In words. */
            text: string;
        };
        /** @description What is asked of logs: in the query of a tail or a download, in the body of a search. */
        LogQuery: {
            /**
             * Format: int64
             * @description Bytes after which a server ends; none when missing.
             * @default null
             */
            bytes: number | null;
            /**
             * Format: int32
             * @description Lines around each match, on both sides.
             * @default null
             */
            context: number | null;
            /**
             * @description Which applications, as in their list; those that may be read, when missing.
             * @default null
             */
            filter: string | null;
            /**
             * @description The pattern is a plain text.
             * @default false
             */
            fixed: boolean;
            /**
             * @description Small letters and capitals are the same.
             * @default false
             */
            ignore_case: boolean;
            /**
             * @description Lines in which it is not found.
             * @default false
             */
            invert: boolean;
            /**
             * Format: int32
             * @description Matches after which a server ends; 1,000 when missing.
             * @default null
             */
            limit: number | null;
            /**
             * Format: int32
             * @description Of a tail: lines of each source to begin with; 10 when missing.
             * @default null
             */
            lines: number | null;
            /**
             * @description An expression that is found in the lines; all lines when missing.
             * @default null
             */
            pattern: string | null;
            /** @default null */
            since: components["schemas"]["Timestamp"] | null;
            /**
             * @description The name of one source of each; all of them when missing.
             * @default null
             */
            source: string | null;
            /**
             * Format: int32
             * @description Seconds after which a server ends; 60 when missing.
             * @default null
             */
            timeout_s: number | null;
            /** @default null */
            until: components["schemas"]["Timestamp"] | null;
        };
        /** @description A line of a log. */
        LogRow: {
            /** @description The application. */
            application: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description Bytes of it that are not shown.
             */
            cut?: number;
            /** @description Its file, when that is not the one written now. */
            file?: string | null;
            /** @description A match or its context begins here that does not follow on the line before. */
            is_apart?: boolean;
            /** @description It stands around a match and is none itself. */
            is_context?: boolean;
            /** @description The source. */
            source: string;
            /** @description The line, without what may not leave its server. */
            text: string;
            /** @description The time that stands in the line or before it; for one without, that of its file. */
            time: components["schemas"]["Timestamp"];
        };
        /** @description How a server is coming on. */
        LogServer: {
            /**
             * Format: int64
             * @description Bytes that it looked through.
             */
            bytes: number;
            /** @description Why it failed, or at which bound it ended, in words. */
            detail?: string | null;
            /**
             * Format: int32
             * @description Files that it follows.
             */
            files: number;
            /**
             * Format: int64
             * @description Matches that it found.
             */
            matches: number;
            /** @description The server. */
            server: components["schemas"]["ObjectPath"];
            /** @description What it does. */
            state: components["schemas"]["LogState"];
        };
        /** @description Where an application writes to. */
        LogSourceRow: {
            /** @description The application. */
            application: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description Bytes of all files on disk.
             */
            bytes: number;
            /**
             * Format: int32
             * @description Files that it was rotated to.
             */
            older: number;
            /** @description The file that is written now. */
            path: string;
            /** @description Why it cannot be read, in words. */
            problem?: string | null;
            /** @description Its name: `output` for what the agent keeps of the application's output, else that of the file. */
            source: string;
            written_at?: components["schemas"]["Timestamp"] | null;
        };
        /** @description The sources of logs, and what is to be known of the servers that they are on. */
        LogSources: {
            /** @description Clusters that did not answer, and why. */
            clusters?: components["schemas"]["LogCluster"][];
            /** @description In order of their applications. */
            items: components["schemas"]["LogSourceRow"][];
            /** @description Servers that did not answer, and why. */
            servers: components["schemas"]["LogServer"][];
        };
        /**
         * @description What a server or a joined cluster does for a reading.
         * @enum {string}
         */
        LogState: "reading" | "following" | "waiting" | "done" | "failed";
        /** @description A login through the identity provider that was begun for a program with a browser on the same machine. */
        LoopbackLogin: {
            /** @description When it ends undone. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description Goes back with the code. */
            login: string;
            /** @description What the browser brings back with the code; with another one it is not of this login. */
            state: string;
            /** @description Where the browser goes. */
            url: string;
        };
        /** @description `POST /api/v1/oidc/loopback`. */
        LoopbackLoginRequest: {
            /**
             * Format: int32
             * @description The port of 127.0.0.1 on which the program listens: the browser comes back to `/callback` there.
             */
            port: number;
        };
        /** @description `POST /api/v1/oidc/loopback/session`. */
        LoopbackSessionRequest: {
            /** @description As the browser brought it. */
            code: string;
            /** @description The `iss` that the browser brought, by which a provider says that it sent it there. */
            iss?: string | null;
            /** @description As it was begun. */
            login: string;
            /** @description As the browser brought it. */
            state: string;
        };
        /** @description A time in which a maintenance is in force. */
        MaintenancePeriod: {
            /** @description From here … */
            from: components["schemas"]["Timestamp"];
            /** @description … to here, this moment not included. */
            to: components["schemas"]["Timestamp"];
        };
        /** @description Announces a maintenance, or changes one. */
        MaintenanceRequest: {
            /**
             * Format: uuid
             * @description Identity of the one to change, or of the new one; made here when missing.
             */
            id?: string | null;
            /** @description What is done. */
            name: string;
            /** @description On what, and everything inside it; of one tenant. */
            objects: components["schemas"]["ObjectPath"][];
            /** @description When. */
            window: components["schemas"]["MaintenanceWindow"];
        };
        /** @description One maintenance in a list. */
        MaintenanceRow: {
            /** @description Who announced it. */
            by: components["schemas"]["Actor"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description Whether it is in force now. */
            in_force: boolean;
            /** @description What is done. */
            name: string;
            /** @description On what, and everything inside it. */
            objects: components["schemas"]["ObjectPath"][];
            /** @description The times planned, or begun by a problem; those that are over included until they are planned anew. */
            periods: components["schemas"]["MaintenancePeriod"][];
            /** @description When. */
            window: components["schemas"]["MaintenanceWindow"];
        };
        /** @description When a maintenance is in force. */
        MaintenanceWindow: {
            /** @description From one moment to another. */
            once: {
                /** @description … to here, this moment not included. */
                ends_at: components["schemas"]["Timestamp"];
                /** @description From here … */
                starts_at: components["schemas"]["Timestamp"];
            };
        } | {
            /** @description For so long from the first problem on its objects on. */
            flexible: {
                /** @description … to here begins it. */
                ends_at: components["schemas"]["Timestamp"];
                /** @description For how long it is in force then, as `2h`. */
                lasts: string;
                /** @description A problem from here … */
                starts_at: components["schemas"]["Timestamp"];
            };
        } | {
            /** @description Again and again. */
            recurring: {
                /** @description Time of day, as `02:30`. */
                at: string;
                /** @description For how long each time, as `2h`. */
                lasts: string;
                /** @description `"daily"`, `{"weekly": ["monday"]}`, `{"monthly": [1, -1]}` or `{"monthly-on": {"nth": 2, "day": "tuesday"}}`. */
                on: Record<string, never>;
                until?: components["schemas"]["Timestamp"] | null;
                /** @description A time zone, as `Europe/Zurich`. */
                zone: string;
            };
        };
        /**
         * @description What a master is.
         * @enum {string}
         */
        MasterRole: "active" | "standby" | "stuck" | "silent";
        /** @description One master in a list. */
        MasterRow: {
            /**
             * Format: int64
             * @description Milliseconds since it was heard of; none for the master that answers.
             */
            age_ms?: number | null;
            /**
             * Format: int64
             * @description How many agents are connected to it, of all tenants; only to who may read everything.
             */
            agents?: number | null;
            /**
             * Format: int64
             * @description The last event that it has.
             */
            event: number;
            /** @description True for the master that answers. */
            is_this: boolean;
            /**
             * Format: int64
             * @description How many events it is behind the master that answers; 0 when it is not.
             */
            lag: number;
            /** @description Its name. */
            name: string;
            /** @description What keeps it from following, or what somebody should look at though it follows. */
            problem?: string | null;
            /** @description What it is. */
            role: components["schemas"]["MasterRole"];
            /** @description Where it is reached. */
            url: string;
            /** @description Topmast's version there. */
            version: string;
        };
        /** @description How a custom action is done. */
        Means: {
            /** @description A program with its arguments; `{NAME}` is the argument of a parameter. */
            command?: string[] | null;
            request?: components["schemas"]["Request"] | null;
        };
        /** @description Mutes an object. */
        MuteRequest: {
            /** @description Why. */
            comment?: string | null;
            /**
             * Format: int64
             * @description Seconds until it ends: there is no mute for ever.
             */
            ends_in_s: number;
            /** @description What, and everything inside it. */
            object: components["schemas"]["ObjectPath"];
            /** @description For this rule only. */
            rule?: string | null;
        };
        /** @description Nobody is told of problems on an object and inside it. */
        MuteRow: {
            /** @description Why. */
            comment?: string | null;
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description On what, and everything inside it. */
            object: components["schemas"]["ObjectPath"];
            /** @description Of this rule only; null for every rule. */
            rule?: string | null;
            /** @description When it ends. */
            until: components["schemas"]["Timestamp"];
        };
        /** @description The networks from which anybody may come; those of users and tokens count beside. */
        Networks: {
            /** @description As `10.0.0.0/8` or `fd00::/8`; from everywhere when there are none. */
            networks: string[];
        };
        /** @description Replaces a list of networks. */
        NetworksRequest: {
            /** @description Although whoever asks could not come any more. */
            force?: boolean;
            /** @description All of them from now on; from everywhere when there are none. */
            networks: string[];
        };
        /** @description A problem of a notification. */
        NotificationProblem: {
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description What is told of it: `opened`, `recovered`, … */
            notice: string;
            /** @description On what. */
            object: components["schemas"]["ObjectPath"];
            /** @description How bad it is. */
            severity: components["schemas"]["Severity"];
        };
        /** @description One attempt to tell a channel, or a notification of which nothing was tried yet. */
        NotificationRow: {
            /** @description What is told, in a line. */
            about: string;
            /**
             * Format: int64
             * @description The attempt's number, from 1; 0 when nothing was tried.
             */
            attempt: number;
            /** @description Where to. */
            channel: string;
            /**
             * Format: int64
             * @description The notification's number.
             */
            id: number;
            next_at?: components["schemas"]["Timestamp"] | null;
            /** @description Problems that are told; of those that may be read. */
            problems: components["schemas"]["NotificationProblem"][];
            /** @description What the receiver said, or what is in the way. */
            reason: string;
            /** @description `delivered`, `failed`, `unknown`, `sending`, `waiting`, `given-up`, `withdrawn` or `refused`. */
            result: string;
            /** @description By which route; empty when it was asked for. */
            route: string;
            /** @description When the attempt began; when it became due, if nothing was tried. */
            time: components["schemas"]["Timestamp"];
            /** @description Why: `route`, `reminder`, `escalation` or `limit`; `test` or `alarm` when it was asked for. */
            why: string;
        };
        /** @description What applying channels or routes does, or would do. */
        NotificationsPlan: {
            /** @description Those that are new. */
            added: string[];
            /** @description Those that become others. */
            changed: string[];
            /** @description Those that go. */
            deleted: string[];
            /** @description Those that are as they are to be. */
            unchanged: string[];
        };
        /** @description Applies channels or routes. */
        NotificationsRequest: {
            /** @description Only tells what it would do. */
            dry_run?: boolean;
            /** @description Deletes those that are not in it, as far as they are for whoever asks to delete. */
            prune?: boolean;
            /** @description A file of `[[channel]]` or `[[route]]` tables, TOML. Names of new ones that people of a tenant make end in `@TENANT`. */
            text: string;
        };
        /** @description Why channels were told of a problem, or were not, in words. */
        NotificationWhy: {
            /** @description Each channel with what it was told and what it answered. */
            channels: components["schemas"]["Says"][];
            /**
             * Format: int64
             * @description The problem's number.
             */
            problem: number;
            /** @description Each route in the order in which they are looked at, with what it says now. */
            routes: components["schemas"]["Says"][];
            /** @description What is in the way, or that nothing is. */
            summary: string;
        };
        /** @description `PUT /api/v1/tenants/{name}/objective`. */
        ObjectiveRequest: {
            /**
             * Format: double
             * @description In percent, as 99.9; nothing is promised any more when missing.
             */
            objective?: number | null;
            /**
             * @description Of what: `SERVER`, `APPLICATION` or `APPLICATION/SERVICE`, in all clusters of the tenant; all that has none of
             *     its own when missing.
             */
            of?: string | null;
        };
        /**
         * @description tenant/cluster/server/application/service, as deep as the object is
         * @example acme/main/pay-1/switch
         */
        ObjectPath: string;
        /** @description Which object. */
        ObjectTopic: {
            at?: components["schemas"]["Timestamp"] | null;
            /** @description Its path. */
            path: components["schemas"]["ObjectPath"];
        };
        /** @enum {string} */
        OnError: "stop" | "continue";
        /** @enum {string} */
        Operation: "start" | "stop" | "restart" | "install" | "upgrade" | "rollback" | "uninstall" | "configure" | "act";
        /** @description A time in which something was down. */
        OutageRow: {
            /** @description Why, in words. */
            cause: string;
            /** @description Where it is. */
            cluster: components["schemas"]["ObjectPath"];
            /**
             * Format: int64
             * @description How long, without what is not known of it.
             */
            down_ms: number;
            /** @description From here … */
            from: components["schemas"]["Timestamp"];
            /** @description What it is. */
            kind: components["schemas"]["AvailabilityKind"];
            /** @description `APPLICATION/SERVICE`, `APPLICATION` or `SERVER`. */
            name: string;
            /** @description One of its instances, to look at. */
            object: components["schemas"]["ObjectPath"];
            /** @description What became of it first. */
            status: string;
            until?: components["schemas"]["Timestamp"] | null;
        };
        /** @description The fleet at one moment. */
        Overview: {
            /** @description All applications. */
            applications: components["schemas"]["Counts"];
            at?: components["schemas"]["Timestamp"] | null;
            /**
             * @description The services of one name and application in one cluster, taken together: the worst first, then
             *     the busiest; at most [`BUSINESS_SERVICES_MAX`].
             */
            business_services: components["schemas"]["BusinessService"][];
            /** @description Each cluster, by path. */
            clusters: components["schemas"]["ClusterSummary"][];
            /**
             * Format: double
             * @description Share of errors in them, 0 to 100.
             */
            error_pct?: number | null;
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /** @description Open problems that no other explains, by severity, the worst first; those that none has are left out. */
            problems: components["schemas"]["StatusCount"][];
            /** @description All servers. */
            servers: components["schemas"]["Counts"];
            /** @description All services. */
            services: components["schemas"]["Counts"];
            /** @description All tasks. */
            tasks: components["schemas"]["Counts"];
            /**
             * Format: double
             * @description Transactions a second of all services whose server is seen; null when none's are known.
             */
            tps?: number | null;
            /**
             * @description What somebody has to look at: the worst first, of those the newest first; at most [`UNHEALTHY_MAX`].
             *     What cannot be told only because its server is not seen, or its application does not run, is no
             *     line of its own: that line counts it (`on_it`).
             */
            unhealthy: components["schemas"]["Unhealthy"][];
            /**
             * Format: int64
             * @description How many lines `unhealthy` would have without its bound.
             */
            unhealthy_total: number;
        };
        /** @description Which overview. */
        OverviewTopic: {
            at?: components["schemas"]["Timestamp"] | null;
        };
        /** @enum {string} */
        PackageFormat: "tar.gz" | "zip" | "file";
        /** @description A version of a package. */
        PackageRow: {
            /** @description When it was added. */
            added_at: components["schemas"]["Timestamp"];
            /** @description By whom, e.g. `user admin`. */
            added_by: string;
            /** @description The applications that are installed from it, of those that may be seen. */
            applications: components["schemas"]["ObjectPath"][];
            /** @description Of a single file: its name. */
            file?: string | null;
            /** @description What its bytes are. */
            format: components["schemas"]["PackageFormat"];
            /** @description Its name; applications that are installed from it have the same, unless another was given. */
            name: string;
            /** @description SHA-256 of its bytes, in 64 digits. */
            sha256: string;
            /** @description Whether it came with a signature; agents check it. */
            signed: boolean;
            /**
             * Format: int64
             * @description How many bytes it has.
             */
            size_bytes: number;
            /** @description Whose it is. */
            tenant: components["schemas"]["ObjectPath"];
            /** @description Its version. */
            version: string;
        };
        /** @description How far an upload came before it was cut. */
        PackageUploaded: {
            /**
             * Format: int64
             * @description Bytes that the master has of it; kept for a day. It goes on from there.
             */
            bytes: number;
        };
        /** @description A window of a list. */
        Page_AccessKeyRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["AccessKeyRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_Action: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["Action"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_AgentlessRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["AgentlessRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_AgentRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["AgentRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ApplicationRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ApplicationRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ChannelRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ChannelRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ClusterRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ClusterRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_CodeRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["CodeRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ConfigurationRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ConfigurationRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_DashboardRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["DashboardRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_FreezeRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["FreezeRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_HeartbeatRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["HeartbeatRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_JoinTokenRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["JoinTokenRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_MaintenanceRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["MaintenanceRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_MasterRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["MasterRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_MuteRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["MuteRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_NotificationRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["NotificationRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_PackageRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["PackageRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_PermitRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["PermitRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_PolicyRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["PolicyRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ProblemRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ProblemRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_RouteRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["RouteRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_RuleRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["RuleRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ServerRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ServerRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_ServiceRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["ServiceRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_SessionRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["SessionRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TaskRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TaskRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TenantPart: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TenantPart"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TenantRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TenantRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TenantUsageRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TenantUsageRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TerminalRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TerminalRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TokenRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TokenRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_TrustKeyRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["TrustKeyRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description A window of a list. */
        Page_UserRow: {
            /** @description The facets asked for, in that order; missing when none were. */
            facets?: components["schemas"]["Facet"][];
            /** @description The rows, in the order asked for. */
            items: components["schemas"]["UserRow"][];
            /** @description Joined clusters that are not in it, or only as they last were, each with why. */
            missing?: string[];
            /**
             * Format: int64
             * @description Grows with every change of what is listed.
             */
            revision: number;
            /**
             * Format: int64
             * @description Rows that the filter lets through, in all windows.
             */
            total: number;
        };
        /** @description Which pane is over. */
        PaneEnded: {
            /** @description How. */
            outcome: components["schemas"]["PaneOutcome"];
            /**
             * Format: int32
             * @description Place of its target.
             */
            pane: number;
        };
        /** @description How a pane ended. */
        PaneOutcome: {
            /**
             * Format: int32
             * @description By itself, with this code.
             */
            exited: number;
        } | {
            /** @description By a signal, e.g. `KILL`. */
            signalled: string;
        } | "stopped" | {
            /** @description It took too long, or printed too much; in words. */
            limited: string;
        } | {
            /** @description It could not run, or its connection broke; in words, with what to do. */
            failed: string;
        };
        /** @description Some panes. */
        Panes: {
            /** @description Places of their targets. */
            panes: number[];
        };
        /** @description Which pane runs. */
        PaneStarted: {
            /** @description As whom and over what, for people: `monitor@db-1 over ssh`. */
            account: string;
            /**
             * Format: int32
             * @description Place of its target.
             */
            pane: number;
        };
        /** @description A parameter of a custom action. Without a default it has to be given. */
        Parameter: {
            default?: components["schemas"]["Argument"] | null;
            /** @description What it means, for people. */
            description?: string | null;
            /**
             * Format: double
             * @description The largest number.
             */
            max?: number | null;
            /**
             * Format: int32
             * @description The longest text, in characters.
             */
            max_length?: number | null;
            /**
             * Format: double
             * @description The smallest number.
             */
            min?: number | null;
            /** @description Its name. */
            name: string;
            /** @description A regular expression that the whole text matches. */
            pattern?: string | null;
            /** @description What it takes. */
            type: components["schemas"]["ParameterType"];
            /** @description The words to choose from. */
            values?: string[] | null;
        };
        /**
         * @description What a parameter takes.
         * @enum {string}
         */
        ParameterType: "integer" | "number" | "text" | "choice" | "boolean";
        /** @description Changes a password; the user's sessions end. */
        PasswordRequest: {
            /** @description The present one. Needed for one's own: an open session alone must not lock its user out. */
            current?: string | null;
            /** @description The new password: long enough for the master's policy, 12 characters unless it says otherwise. */
            password: string;
        };
        /** @description What is in a file on some servers. */
        PeerContent: {
            /** @description SHA-256 of what is there; null where nothing is. */
            sha256?: string | null;
            /** @description The applications. */
            targets: components["schemas"]["ObjectPath"][];
        };
        /** @enum {string} */
        PermitKind: "open-terminal" | "remove-server";
        /** @description What is said of a permit. */
        PermitOrderRequest: {
            /** @description True to let it be done, false to reject it. */
            approved: boolean;
            /** @description Why, for the audit and who asked. */
            comment?: string | null;
        };
        /** @description One permit in a list. */
        PermitRow: {
            /** @description The account of a terminal's own login. */
            account?: string | null;
            /** @description When. */
            asked_at: components["schemas"]["Timestamp"];
            /** @description Who asked. */
            by: components["schemas"]["Actor"];
            /** @description The command line of a terminal; a shell when missing. */
            command?: string | null;
            /** @description What they wrote. */
            comment?: string | null;
            /** @description When nothing comes of it any more. */
            ends_at: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description What is to be done. */
            kind: components["schemas"]["PermitKind"];
            /** @description The policies that want it. */
            policies: string[];
            /** @description Why. */
            reason?: string | null;
            said_by?: components["schemas"]["Actor"] | null;
            /** @description How far it is. */
            status: components["schemas"]["PermitStatus"];
            /** @description On which servers. */
            targets: components["schemas"]["ObjectPath"][];
        };
        /**
         * @description How far a permit is.
         * @enum {string}
         */
        PermitStatus: "waiting" | "approved" | "rejected";
        /** @description A sign. */
        PingRequest: {
            /**
             * Format: int64
             * @description Pieces that are done.
             */
            done?: number | null;
            /** @description In words. */
            message?: string | null;
            /** @description `started`, `ok` or `failed`; ok when missing. */
            sign?: string | null;
            /**
             * Format: int64
             * @description Pieces in all.
             */
            total?: number | null;
        };
        /** @description The place of one row. */
        Placement: {
            /**
             * Format: int32
             * @description Its index in the window, counted from 0.
             */
            index: number;
            /** @description The row. */
            path: components["schemas"]["ObjectPath"];
        };
        /** @description The approval that a policy wants before a terminal is opened. */
        PlannedApproval: {
            permit?: components["schemas"]["PermitRow"] | null;
            /** @description The policies that want it. */
            policies: string[];
        };
        /** @description A command of a plan. */
        PlannedCommand: {
            /** @description What is run. */
            command: string;
            /** @description Its name in the answer. */
            name: string;
            /** @description When it is run, in words: `once a connection`, `every reading`, `every 60 s`. */
            when: string;
        };
        /** @description What a guard has against an action. */
        PlannedGuard: {
            /** @description Which: `last-instance`, `quorum`, `freeze` or `active-master`. */
            guard: string;
            /** @description In words. */
            message: string;
            /** @description The first target that it is about. */
            path: components["schemas"]["ObjectPath"];
        };
        /** @description How one server would be reached. */
        PlannedPane: {
            /** @description As whom and over what; empty when it would not be reached. */
            account: string;
            /** @description Why it would not be reached, and what to do. */
            problem?: string | null;
            /** @description The server. */
            server: components["schemas"]["ObjectPath"];
        };
        /** @description A server in a plan. */
        PlannedServer: {
            /** @description The name of the request. */
            name: string;
            /** @description Why it cannot be added, and what to do. */
            problem?: string | null;
            server?: components["schemas"]["ObjectPath"] | null;
            /** @description The systems that it may be. */
            systems: components["schemas"]["HostSystem"][];
            /** @description `user@address:port` of every host that is logged in to, the server last. */
            through: string[];
        };
        /** @description What is run on a system. */
        PlannedSystem: {
            /** @description The commands, in their order. */
            commands: components["schemas"]["PlannedCommand"][];
            /** @description All of them as one script, which an account whose command is forced runs. */
            script: string;
            /** @description The system. */
            system: components["schemas"]["HostSystem"];
        };
        /** @description One target of a plan. */
        PlannedTarget: {
            /**
             * Format: int32
             * @description The batch in which it would begin, counted from 1; all are in the first without `rolling`.
             */
            batch: number;
            /** @description What would happen, in words: `is STARTED already, nothing happens`. */
            effect: string;
            /** @description The application, or the service. */
            path: components["schemas"]["ObjectPath"];
            /** @description What it does now; of a service, what its application does. */
            status: components["schemas"]["ApplicationStatus"];
            /**
             * Format: int32
             * @description The wave that it belongs to, counted from 1; all are in the first without `waves`.
             */
            wave: number;
        };
        /** @description A policy: which orders another person has to approve. */
        PolicyRow: {
            /** @description Of these custom actions, by name. */
            actions?: string[];
            /** @description How long an order waits for its approval, as `1h`, which it is when missing; at most ten days. */
            expires?: string | null;
            /** @description Its name, unique; the same name again changes it. A new one that people of a tenant make ends in `@TENANT`. */
            name: string;
            /** @description Only on applications that this filter takes, or servers of requests. */
            only?: string | null;
            /** @description Of these operations; of every one when nothing is named. `act` is every custom action. */
            operations?: components["schemas"]["Operation"][];
            /** @description Of these requests beside orders on applications; only where they are named. */
            requests?: components["schemas"]["PermitKind"][];
            within?: components["schemas"]["ObjectPath"] | null;
        };
        /** @description Who the request comes from, and what it may do. */
        Principal: {
            /** @description How it proved itself: `session`, `token`, `password`. */
            auth: string;
            /** @description What it may do, and where. */
            grants: components["schemas"]["Grant"][];
            /** @description `user`, `token` or `agent`. */
            kind: string;
            /** @description User name or token name. */
            name: string;
            /**
             * @description What the names end in of users, rules, channels, routes, configurations and policies that it makes, as `@acme`: all that
             *     it may do lies in that one tenant, and it is not the tenant of the master's own cluster.
             */
            name_suffix?: string | null;
            second_factor?: components["schemas"]["SecondFactorState"] | null;
            /** @description Whether its API token speaks for users, as that of a console of several clusters does. */
            speaks_for_users?: boolean;
        };
        /** @description Why a request was not done. Nothing of it was done unless the code says otherwise. */
        Problem: {
            /** @description A stable word for programs. */
            code: components["schemas"]["ProblemCode"];
            /**
             * Format: int32
             * @description The first wrong character of a filter, counted from 1.
             */
            column?: number | null;
            /** @description What was wrong here, and what to do. */
            detail: string;
            /** @description The request's field that is wrong. */
            field?: string | null;
            /**
             * Format: int64
             * @description Seconds to wait before the next try.
             */
            retry_after_s?: number | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The code in words. */
            title: string;
            /** @description `about:blank`: the code says more than a page could. */
            type: string;
        };
        /**
         * @description What kind of problem; each has one HTTP status.
         * @enum {string}
         */
        ProblemCode: "invalid" | "invalid_filter" | "unauthenticated" | "second_factor" | "second_factor_due" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "guarded" | "awaits_approval" | "limit_reached" | "expired" | "too_large" | "unsupported_media_type" | "too_many_requests" | "internal" | "outcome_unknown" | "standby" | "busy" | "cluster_away" | "storage" | "stopping" | "other";
        /** @description What somebody wrote about a problem. */
        ProblemComment: {
            /** @description Who. */
            actor: components["schemas"]["Actor"];
            /** @description What. */
            text: string;
            /** @description When. */
            time: components["schemas"]["Timestamp"];
        };
        /** @description Everything known of a problem. */
        ProblemDetails: components["schemas"]["ProblemRow"] & {
            /** @description What the rule says to do about it. */
            advice: string;
            /** @description What was written about it, the oldest first. */
            comments: components["schemas"]["ProblemComment"][];
            /** @description The open problems that it explains. */
            explains: number[];
            /** @description When it was opened; its condition began at `since`. */
            opened_at: components["schemas"]["Timestamp"];
        };
        /** @description One problem in a list. */
        ProblemRow: {
            acknowledgement?: components["schemas"]["AcknowledgementRow"] | null;
            /**
             * Format: int64
             * @description The problem that explains it.
             */
            cause?: number | null;
            closed_at?: components["schemas"]["Timestamp"] | null;
            /** @description Why it is over. */
            closed_because?: string | null;
            /** @description Labels that tell it from others of the rule on the object; mostly empty. */
            detail: string;
            /** @description It comes and goes too often to be told each time. */
            flapping: boolean;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description The rule's labels. */
            labels: {
                [key: string]: string;
            };
            /** @description In words. */
            message: string;
            /**
             * Format: int32
             * @description Notices so far.
             */
            notices: number;
            /** @description On what. */
            object: components["schemas"]["ObjectPath"];
            /** @description The rule that sees it. */
            rule: string;
            /** @description How much it matters. */
            severity: components["schemas"]["Severity"];
            /** @description When its condition began. */
            since: components["schemas"]["Timestamp"];
            /** @description Whether it is over. */
            status: components["schemas"]["ProblemStatus"];
            /** @description Why nobody is told of it: `maintenance`, `muted`, `parent-down`, `flapping` or `acknowledged`. */
            suppressed?: string | null;
            /**
             * Format: int32
             * @description How many open problems it explains.
             */
            symptoms: number;
            /**
             * Format: double
             * @description The value that decided, of a rule on numbers.
             */
            value?: number | null;
            /** @description What the rule comes to now: `firing`, `ok` (while it is flapping) or `unknown`. */
            verdict: string;
        };
        /** @enum {string} */
        ProblemStatus: "OPEN" | "CLOSED";
        /** @description The envelope of every answer, as the document describes it. */
        PrometheusAnswer: {
            /** @description What was asked for, shaped as in Prometheus' HTTP API. */
            data?: unknown;
            /** @description What is wrong, in words. */
            error?: string | null;
            /** @description `bad_data`, `execution`, `timeout`, `canceled`, `unavailable` or `internal`. */
            errorType?: string | null;
            /** @description `success` or `error`. */
            status: string;
            /** @description What an answer lacks. */
            warnings?: string[];
        };
        /** @description Codes for the day on which the authenticator is lost; each opens one session. They are shown this once. */
        RecoveryCodes: {
            /** @description The codes. */
            codes: string[];
        };
        /** @description The way to a store outside of the master. Samples are counted since the master started. */
        RemoteStatus: {
            failing_since?: components["schemas"]["Timestamp"] | null;
            /** @description What went wrong last. */
            last_error?: string | null;
            /**
             * Format: int64
             * @description Samples that were dropped because too much waited, or the disk took nothing.
             */
            lost_samples: number;
            /** @description Where queries go; null when the embedded store answers them. */
            query_url?: string | null;
            /**
             * Format: int64
             * @description Samples that the store refused for good.
             */
            refused_samples: number;
            /**
             * Format: int64
             * @description Samples that the store took.
             */
            sent_samples: number;
            /**
             * Format: int64
             * @description Bytes that wait on the disk.
             */
            waiting_bytes: number;
            /**
             * Format: int64
             * @description Most bytes that may; the oldest go first.
             */
            waiting_bytes_max: number;
            waiting_since?: components["schemas"]["Timestamp"] | null;
            /** @description Where samples are sent. */
            write_url: string;
        };
        /** @description A request to the application's HTTP port. */
        Request: {
            /** @description `POST`, `PUT` or `DELETE`. */
            method: string;
            /** @description Its path; `{NAME}` is the argument of a parameter, and the other arguments are its body. */
            path: string;
        };
        /** @description How an action goes over its targets, a batch after the other. */
        Rolling: {
            /**
             * Format: int32
             * @description Targets at a time, 1 to 10,000; the next batch begins when all of these have their outcome.
             */
            batch?: number;
            /**
             * @description What a target that FAILED or became UNKNOWN means for those not begun: `stop`, when missing, makes them
             *     FAILED, `continue` does them all the same.
             */
            on_error?: components["schemas"]["OnError"];
            /**
             * Format: int32
             * @description Instead of `batch`: so many percent of the targets at a time, 1 to 100, and one at least.
             */
            percent?: number | null;
            /**
             * Format: int64
             * @description Milliseconds from the last outcome of a batch to the next batch, at most an hour.
             */
            wait_ms?: number;
        };
        /** @description A route in a list. */
        RouteRow: {
            /** @description Where they are told. */
            channels: string[];
            /** @description Whether it is looked at. */
            enabled: boolean;
            /** @description Where it is told as well when nobody takes it in hand. */
            escalation: components["schemas"]["RouteStep"][];
            /** @description Which problems it takes; all when empty. */
            filter: string;
            /** @description Whether later routes are looked at as well. */
            goes_on: boolean;
            /** @description What is told together: `none`, `object`, `rule` or `route`. */
            group_by: string;
            /** @description How long is waited for more of a group, as `30s`. */
            group_wait: string;
            /** @description Whether it is its time now. */
            in_schedule: boolean;
            /** @description Identity. */
            name: string;
            /**
             * Format: int32
             * @description Routes are looked at from the lowest to the highest.
             */
            order: number;
            /**
             * Format: int32
             * @description Most messages to each of its channels in an hour.
             */
            per_hour: number;
            /** @description How often it is told again; null for never. */
            repeat?: string | null;
            /** @description When it takes them; always when empty. */
            schedule: components["schemas"]["RouteTime"][];
            severity?: components["schemas"]["Severity"] | null;
            /** @description The route itself, in the text form. */
            text: string;
            within?: components["schemas"]["ObjectPath"] | null;
        };
        /** @description A step of a route's escalation. */
        RouteStep: {
            /** @description So long after it was to be told, `15m`. */
            after: string;
            /** @description Where it is told then. */
            channels: string[];
        };
        /** @description Times of a route. */
        RouteTime: {
            /** @description From this time of day, `18:00`. */
            at: string;
            /** @description For so long, `14h`. */
            lasts: string;
            /** @description Days of the week, `monday`; every day when empty. Null for other days, which the text form has. */
            weekdays?: string[] | null;
            /** @description As clocks show it there, `Europe/Zurich`. */
            zone: string;
        };
        /** @description One rule in a list. */
        RuleRow: {
            /** @description What to do about its problems. */
            advice: string;
            /** @description Whether it is looked at. */
            enabled: boolean;
            /** @description What it looks at: `threshold`, `server`, `application`, … */
            kind: string;
            /** @description Identity. */
            name: string;
            /** @description True for one of ours, perhaps in the place of a shipped one. */
            own: boolean;
            /**
             * Format: int64
             * @description Its open problems that may be read.
             */
            problems: number;
            /** @description How much its problems matter. */
            severity: components["schemas"]["Severity"];
            /** @description The rule itself, in the text form. */
            text: string;
            within?: components["schemas"]["ObjectPath"] | null;
        };
        /** @description What applying rules does, or would do. */
        RulesPlan: {
            /** @description Rules that are new. */
            added: string[];
            /** @description Rules that become others. */
            changed: string[];
            /** @description Rules of ours that go. */
            deleted: string[];
            /** @description Rules that are as they are to be. */
            unchanged: string[];
        };
        /** @description Applies rules. */
        RulesRequest: {
            /** @description Only tells what it would do. */
            dry_run?: boolean;
            /** @description Deletes rules of ours that are not in it, as far as they are for whoever asks to delete. */
            prune?: boolean;
            /** @description A file of `[[rule]]` tables, TOML. Names of new ones that people of a tenant make end in `@TENANT`. */
            text: string;
        };
        /** @description Tries a rule on the past. Nothing is changed. */
        RuleTestRequest: {
            /** @description Of a rule on numbers, only series with this detail, as a problem has it. */
            detail?: string | null;
            /**
             * Format: int32
             * @description So many series, at most 10, are given with their values to be drawn: those with the most problems.
             */
            draw?: number;
            /** @description Only objects that this filter lets through, as a rule's `scope`. */
            on?: string | null;
            /** @description From when on; at most 400 days ago. */
            since: components["schemas"]["Timestamp"];
            /**
             * Format: int32
             * @description Seconds between two looks of a rule on numbers; what makes some 2,000 looks when missing. A rule on datapoints
             *     has its period.
             */
            step_s?: number | null;
            /** @description A file of one `[[rule]]` table, TOML. */
            text: string;
            until?: components["schemas"]["Timestamp"] | null;
        };
        /** @description What a rule would have made of the past, if nothing had been in the way of telling. */
        RuleTrial: {
            /**
             * Format: double
             * @description The bound that values are compared with; null of a rule without one.
             */
            bound?: number | null;
            /** @description By 24 hours from `since` on, those without any as well. */
            days: components["schemas"]["TriedDay"][];
            /** @description What was not looked at, in words: times from which nothing is kept, say. */
            gaps: string[];
            /**
             * Format: int64
             * @description How long they would have been open, added up, in milliseconds.
             */
            lasted_ms: number;
            /**
             * Format: int64
             * @description Series, or objects, that it looked at.
             */
            looked_at: number;
            /** @description The rule. */
            name: string;
            /**
             * Format: int64
             * @description How often people would have been told, of ends as well.
             */
            notices: number;
            /** @description The newest problems, the oldest first; at most 1,000. */
            problems: components["schemas"]["TriedProblem"][];
            /** @description Series to be drawn, if that was asked for. */
            series: components["schemas"]["TriedSeries"][];
            /** @description How much its problems would have mattered. */
            severity: components["schemas"]["Severity"];
            /** @description From when on it was tried: what was asked for, or the first time that is kept. */
            since: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description Milliseconds between two looks; null of a rule on states, which is looked at with each event.
             */
            step_ms?: number | null;
            /**
             * Format: int64
             * @description How many problems there would have been.
             */
            total: number;
            /** @description Until when. */
            until: components["schemas"]["Timestamp"];
        };
        /** @description A name with what is to be said of it. */
        Says: {
            /** @description Of a route or a channel. */
            name: string;
            /** @description In words. */
            says: string;
        };
        /** @description A secret for an authenticator, not in force yet. It is shown this once. */
        SecondFactorOffer: {
            /** @description Goes back with the first code. */
            offer: string;
            /** @description The link as a QR code, line by line: `1` is dark, `0` is light; four light ones belong around it. */
            qr?: string[];
            /** @description To type into an authenticator, in base 32. */
            secret: string;
            /** @description The same as a link that authenticators open. */
            uri: string;
        };
        /** @description Puts an offered secret into force. */
        SecondFactorRequest: {
            /** @description The code that the authenticator shows now. */
            code: string;
            /** @description As it was offered. */
            offer: string;
            /** @description The user's password: an open session alone must not lock its user out. */
            password: string;
        };
        /**
         * @description Where a user stands with the second factor.
         * @enum {string}
         */
        SecondFactorState: "unset" | "due" | "set";
        /** @description Everything known of one server. */
        ServerDetails: components["schemas"]["ServerRow"] & {
            /** @description IP addresses, the most useful first. */
            addresses: string[];
            booted_at?: components["schemas"]["Timestamp"] | null;
            /** @description The system's own host name. */
            hostname?: string | null;
            /**
             * Format: uuid
             * @description Identity of the agent's data directory.
             */
            instance: string;
            /**
             * Format: int64
             * @description Time between two readings, in milliseconds.
             */
            interval_ms: number;
            /** @description `linux`, `aix`, … */
            os_family?: string | null;
            /** @description The latest value of every series of the host itself. */
            samples: components["schemas"]["LatestSample"][];
        };
        /** @enum {string} */
        ServerRole: "master" | "agent" | "agentless" | "guest" | "zabbix" | "snmp" | "docker";
        /** @description One server in a list. */
        ServerRow: {
            /** @description Address its agent connected from; of a neighbour, the one it is read at. */
            address: string;
            /**
             * Format: int64
             * @description Age of the newest data in milliseconds; null when there is none.
             */
            age_ms?: number | null;
            /**
             * Format: int32
             * @description Applications that run.
             */
            applications_started: number;
            /**
             * Format: int32
             * @description Applications in all.
             */
            applications_total: number;
            /** @description Machine architecture, e.g. `x86_64`. */
            architecture?: string | null;
            /** @description Why the status was entered, in words. */
            cause: string;
            /** @description Why the status was entered, for programs. */
            cause_detail: components["schemas"]["Cause"];
            /** @description `tenant/cluster`. */
            cluster: components["schemas"]["ObjectPath"];
            /** @description Whether its agent is connected to this master now. */
            connected: boolean;
            /**
             * Format: int32
             * @description Processors online.
             */
            cpu_count?: number | null;
            /**
             * Format: double
             * @description Processor time in use, 0 to 100 over all processors; waiting for disks is not use.
             */
            cpu_pct?: number | null;
            /**
             * @description Processors in use, 0 to 100, averaged over ten seconds each: up to thirty, the oldest first; null where
             *     nothing was heard.
             */
            cpu_trend: (number | null)[];
            /** @description Where the fullest filesystem is mounted. */
            disk_mount?: string | null;
            /**
             * Format: double
             * @description How full the fullest filesystem is, 0 to 100.
             */
            disk_pct?: number | null;
            /** @description The worst health on it. */
            health: components["schemas"]["Health"];
            /** @description Kernel release. */
            kernel?: string | null;
            kind?: components["schemas"]["GuestKind"] | null;
            /** @description What its agent was given to tell servers apart by, e.g. `role: database`. */
            labels: {
                [key: string]: string;
            };
            /**
             * Format: double
             * @description Load average over one minute.
             */
            load1?: number | null;
            /**
             * Format: int64
             * @description Memory in all.
             */
            memory_bytes?: number | null;
            /**
             * Format: double
             * @description Memory in use, 0 to 100: what cannot be given to programs without swapping.
             */
            memory_pct?: number | null;
            /**
             * Format: int64
             * @description Memory in use.
             */
            memory_used_bytes?: number | null;
            /** @description Name within its cluster. */
            name: string;
            /**
             * Format: double
             * @description Bytes received a second, without loopback.
             */
            network_rx_bytes_per_s?: number | null;
            /**
             * Format: double
             * @description Bytes sent a second, without loopback.
             */
            network_tx_bytes_per_s?: number | null;
            /** @description Operating system as it names itself. */
            os?: string | null;
            parent?: components["schemas"]["ObjectPath"] | null;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            problem?: components["schemas"]["Severity"] | null;
            /** @description What the Topmast process there is, or what else a master reads it through. */
            role: components["schemas"]["ServerRole"];
            /**
             * Format: int32
             * @description Services that are MALFUNCTION or UNKNOWN.
             */
            services_bad: number;
            /** @description When the status was entered. */
            since: components["schemas"]["Timestamp"];
            /** @description True when the data is late (older than three intervals) or there is none. */
            stale: boolean;
            /** @description Whether its data arrives. */
            status: components["schemas"]["ServerStatus"];
            /**
             * Format: double
             * @description Swap in use, 0 to 100; null without swap.
             */
            swap_pct?: number | null;
            /** @description Unit files that were refused. */
            unit_problems: components["schemas"]["UnitProblem"][];
            /**
             * Format: int64
             * @description Seconds since the system booted.
             */
            uptime_s?: number | null;
            /** @description Topmast's version there; of a neighbour, what answers and its version. */
            version: string;
            /** @description `none`, `kvm`, `container:docker`, … */
            virtualisation?: string | null;
        };
        /** @enum {string} */
        ServerStatus: "UP" | "STALE" | "DOWN" | "UNKNOWN";
        /** @description Everything known of one service. */
        ServiceDetails: components["schemas"]["ServiceRow"] & {
            /** @description The custom actions that it offers. */
            actions?: components["schemas"]["CustomAction"][];
            /** @description The latest value of every series of it. */
            samples: components["schemas"]["LatestSample"][];
        };
        /** @description One service in a list. */
        ServiceRow: {
            /**
             * Format: int64
             * @description Age of the newest data in milliseconds; null when there is none.
             */
            age_ms?: number | null;
            /** @description Name of its application. */
            application: string;
            /** @description Business status codes, e.g. `DISCONN01`. */
            codes: string[];
            /**
             * Format: double
             * @description Share of errors in the last five seconds' transactions, 0 to 100.
             */
            error_pct?: number | null;
            /**
             * Format: int64
             * @description Transactions that ended in an error.
             */
            errors_total?: number | null;
            /** @description How well it is. */
            health: components["schemas"]["Health"];
            /**
             * Format: double
             * @description Median latency in milliseconds.
             */
            latency_p50_ms?: number | null;
            /**
             * Format: double
             * @description Latency that 95 of 100 transactions do not exceed, in milliseconds.
             */
            latency_p95_ms?: number | null;
            /** @description What the source said, in words. */
            message?: string | null;
            /** @description Name within its application. */
            name: string;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            problem?: components["schemas"]["Severity"] | null;
            /** @description Name of its server. */
            server: string;
            /** @description When the status or the codes last changed. */
            since: components["schemas"]["Timestamp"];
            /** @description True when the data is late (older than three intervals) or there is none. */
            stale: boolean;
            /** @description What it does now. */
            status: components["schemas"]["ServiceStatus"];
            /**
             * Format: double
             * @description Transactions a second, over the last five seconds.
             */
            tps?: number | null;
            /**
             * Format: int64
             * @description Transactions completed, good and bad, since the application started counting.
             */
            transactions_total?: number | null;
        };
        /** @enum {string} */
        ServiceStatus: "STARTED" | "STOPPED" | "MALFUNCTION" | "UNKNOWN";
        /** @description An open session. Its token is shown this once. */
        Session: {
            /** @description When it ends by itself. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description Whose it is. */
            principal: components["schemas"]["Principal"];
            /** @description Goes into `Authorization: Bearer`; missing when a cookie carries it. */
            token?: string | null;
        };
        /** @description Asks for a session. */
        SessionRequest: {
            /** @description Of a user with a second factor: the code that the authenticator shows, or a recovery code. */
            code?: string | null;
            /** @description True for a browser: the token then comes in a cookie that no script can read, and not in the answer. */
            cookie?: boolean;
            /** @description Password. */
            password: string;
            /** @description Login name. */
            user: string;
        };
        /** @description One open session in a list. */
        SessionRow: {
            /** @description The network address from which that request came, or else from which it was opened. */
            address?: string | null;
            /** @description What the client calls itself. */
            client?: string | null;
            /** @description True for the one that asks. */
            current: boolean;
            /** @description When it ends by itself, used or not; earlier when nothing comes with it for too long. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description Identity; tells nothing of its secret.
             */
            id: string;
            /** @description When a request last came with it. */
            last_seen_at: components["schemas"]["Timestamp"];
            /** @description When it was opened. */
            opened_at: components["schemas"]["Timestamp"];
            /** @description Whose. */
            user: string;
        };
        /** @enum {string} */
        Severity: "info" | "warning" | "major" | "critical";
        /** @description The host keys that servers showed; nobody was logged in to. */
        ShownKeys: {
            /** @description The servers, in the order of the request. */
            servers: components["schemas"]["ShownServer"][];
        };
        /** @description The host keys of a server and of the hosts before it. */
        ShownServer: {
            /** @description The fingerprints as far as one came: up to the first host whose key is not known, the nearest first. */
            fingerprints: string[];
            /** @description The name of the request. */
            name: string;
            /** @description Why there are none. */
            problem?: string | null;
        };
        /** @description How many objects have a status, or problems a severity. */
        StatusCount: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /** @description The status, or the severity. */
            status: string;
        };
        /** @description What to begin. */
        Subscribe: {
            /**
             * Format: int32
             * @description The client's name for it, which its messages carry.
             */
            id: number;
            /** @description What to look at. */
            to: components["schemas"]["Topic"];
        };
        /** @description `POST /api/v1/tenants/{name}/suspend`. */
        SuspendRequest: {
            /** @description Why, which its people are told. */
            reason: string;
        };
        /** @description One task: in a list, and all that is known of it. */
        TaskRow: {
            /**
             * Format: int64
             * @description Age of the newest data in milliseconds; null when there is none.
             */
            age_ms?: number | null;
            /** @description Name of its application. */
            application: string;
            /**
             * Format: int64
             * @description Pieces of the batch under way that are done.
             */
            done?: number | null;
            /**
             * Format: int64
             * @description How long the last run took, in milliseconds; null while one runs.
             */
            duration_ms?: number | null;
            eta?: components["schemas"]["Timestamp"] | null;
            /** @description How well it is. */
            health: components["schemas"]["Health"];
            last_finished?: components["schemas"]["Timestamp"] | null;
            last_started?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description Seconds since it should have run; null unless it is LATE.
             */
            late_s?: number | null;
            /** @description What the source said, in words. */
            message?: string | null;
            /** @description Name within its application. */
            name: string;
            next_due?: components["schemas"]["Timestamp"] | null;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            /** @description True when its agent runs it, and can be told to. */
            runnable: boolean;
            /** @description When it runs, in words. */
            schedule?: string | null;
            /** @description Name of its server. */
            server: string;
            /** @description When the status last changed. */
            since: components["schemas"]["Timestamp"];
            /** @description True when the data is late (older than three intervals) or there is none. */
            stale: boolean;
            /** @description What it does now. */
            status: components["schemas"]["TaskStatus"];
            /**
             * Format: int64
             * @description Pieces of it in all.
             */
            total?: number | null;
        };
        /** @description A run that was ordered; its outcome is among the runs of the task. */
        TaskRunOrdered: {
            /**
             * Format: uuid
             * @description The order's identity.
             */
            id: string;
        };
        /** @description Asks for a run of a task now. */
        TaskRunRequest: {
            /** @description Why, for the audit. */
            reason?: string | null;
        };
        /** @description One run of a task. */
        TaskRunRow: {
            /**
             * Format: int32
             * @description Which attempt it was, from 1.
             */
            attempt: number;
            /** @description Who ordered it; null when it was due. */
            by?: string | null;
            /**
             * Format: int32
             * @description Its exit code; null when it did not run, or was killed.
             */
            code?: number | null;
            due?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description How long it took, in milliseconds.
             */
            duration_ms: number;
            /** @description When it was over. */
            finished: components["schemas"]["Timestamp"];
            /** @description Which missed times it made up for, in words; null when it began in time. */
            made_up?: string | null;
            /** @description In words: why it failed, or its last line. */
            message?: string | null;
            /** @description The last part of what it printed. */
            output: string;
            /** @description When it began. */
            started: components["schemas"]["Timestamp"];
            /** @description True when it ended with code 0. */
            succeeded: boolean;
        };
        /** @description Runs of a task that an agent runs, the newest first. */
        TaskRuns: {
            /** @description The runs. */
            items: components["schemas"]["TaskRunRow"][];
            /**
             * Format: int64
             * @description The next `before`; null at the end.
             */
            next?: number | null;
        };
        /** @enum {string} */
        TaskStatus: "OK" | "RUNNING" | "FAILED" | "LATE" | "UNKNOWN";
        /** @description Things of one kind that a tenant has. */
        TenantPart: {
            /**
             * Format: int64
             * @description How many there are.
             */
            count: number;
            /** @description Which, at most [`TENANT_NAMES_MAX`]; none of series. */
            names: string[];
            /** @description What they are, as people call several of them. */
            what: string;
        };
        /** @description `POST /api/v1/tenants/{name}/remove`. */
        TenantRemoveRequest: {
            /** @description The tenant's name once more. */
            confirm: string;
            /** @description Why, for the audit. */
            reason: string;
        };
        /** @description `PUT /api/v1/tenants/{name}`: what is missing knows no bound. */
        TenantRequest: {
            /**
             * Format: int64
             * @description Days for which their hours are kept (`history.hour_days`).
             */
            hour_days?: number | null;
            /**
             * Format: int64
             * @description MiB that their hours take at most.
             */
            hour_mib?: number | null;
            /**
             * Format: int64
             * @description Days for which their minutes are kept (`history.minute_days`).
             */
            minute_days?: number | null;
            /**
             * Format: int64
             * @description MiB that their minutes take at most.
             */
            minute_mib?: number | null;
            /**
             * Format: int64
             * @description Days for which its samples are kept as they came, when that is less than for all (`history.raw_days`).
             */
            raw_days?: number | null;
            /**
             * Format: int64
             * @description MiB of the history's files that its samples take at most, the newest; the first bound that is reached counts.
             */
            raw_mib?: number | null;
            /**
             * Format: int64
             * @description Requests of its users, tokens and access keys, a second.
             */
            requests_per_s?: number | null;
            /**
             * Format: int64
             * @description Samples that its servers bring into the history, a second.
             */
            samples_per_s?: number | null;
            /**
             * Format: int64
             * @description Series that its servers, and what programs send, have in the history at one time.
             */
            series?: number | null;
            /** @description What people call it. */
            title: string;
        };
        /** @description A tenant with what it uses. Counts of requests, series and samples are of this master, since it started. */
        TenantRow: {
            /** @description Its number for AWS' tools; none before it has an access key. */
            account?: string | null;
            /**
             * Format: int64
             * @description Applications.
             */
            applications: number;
            /**
             * Format: int64
             * @description Bytes that are of their hours.
             */
            hour_bytes?: number | null;
            /**
             * Format: int64
             * @description Days for which their hours are kept.
             */
            hour_days?: number | null;
            /**
             * Format: int64
             * @description MiB that their hours take at most.
             */
            hour_mib?: number | null;
            /**
             * Format: int64
             * @description Bytes that are of their minutes.
             */
            minute_bytes?: number | null;
            /**
             * Format: int64
             * @description Days for which their minutes are kept.
             */
            minute_days?: number | null;
            /**
             * Format: int64
             * @description MiB that their minutes take at most.
             */
            minute_mib?: number | null;
            /**
             * Format: int64
             * @description Bytes of the history's files that are of its samples, what they share with others divided; without the last two
             *     hours. Missing while they are counted, after a start, when it is the only tenant, and of a store outside.
             */
            raw_bytes?: number | null;
            /**
             * Format: int64
             * @description Days for which samples are kept as they came; as for all when missing.
             */
            raw_days?: number | null;
            /**
             * Format: int64
             * @description MiB of the history's files that samples take at most; as much as the days allow when missing.
             */
            raw_mib?: number | null;
            /** @description Requests, those of the last second as `now`. */
            requests: components["schemas"]["TenantUse"];
            /** @description Samples, those of the last second as `now`. */
            samples: components["schemas"]["TenantUse"];
            /** @description Series that its servers have now. */
            series: components["schemas"]["TenantUse"];
            /**
             * Format: int64
             * @description Servers.
             */
            servers: number;
            /** @description Why. */
            suspended_reason?: string | null;
            suspended_since?: components["schemas"]["Timestamp"] | null;
            /** @description Its name. */
            tenant: components["schemas"]["ObjectPath"];
            /** @description What people call it; its name when it was not described. */
            title: string;
            /**
             * Format: int64
             * @description Users of which all grants lie in it.
             */
            users: number;
        };
        /** @description What a tenant used on a day. */
        TenantUsageRow: {
            /**
             * Format: int64
             * @description Actions that were accepted.
             */
            actions: number;
            /**
             * Format: int64
             * @description Applications, the most at one time.
             */
            applications: number;
            /** @description The day, by UTC: `2026-11-29`. */
            day: string;
            /**
             * Format: int64
             * @description Requests of its users, tokens and access keys.
             */
            requests: number;
            /**
             * Format: int64
             * @description Samples of its servers that the history took.
             */
            samples: number;
            /**
             * Format: int64
             * @description Series of its servers in the history, the most at one time.
             */
            series: number;
            /**
             * Format: int64
             * @description Servers, the most at one time.
             */
            servers: number;
            /** @description Its name. */
            tenant: components["schemas"]["ObjectPath"];
        };
        /** @description How much of something a tenant uses. */
        TenantUse: {
            /**
             * Format: int64
             * @description Now.
             */
            now: number;
            /**
             * Format: int64
             * @description The most that it may; none knows no bound of its own.
             */
            quota?: number | null;
            /**
             * Format: int64
             * @description What was refused because it would have been more.
             */
            refused: number;
            /**
             * Format: int64
             * @description All that were taken.
             */
            taken: number;
        };
        /** @description A terminal with all of its panes. */
        TerminalDetails: components["schemas"]["TerminalRow"] & {
            /** @description One a server, in the order asked for; a pane's place is the number of its recording. */
            panes: components["schemas"]["TerminalPane"][];
        };
        /** @description What is typed or pasted. */
        TerminalInput: {
            /** @description Into which panes. */
            panes: number[];
            /** @description As a terminal sends it: `\r` is the key Enter. */
            text: string;
        };
        /** @description A login that is used for this connection only, kept nowhere. */
        TerminalLogin: {
            /** @description What the secret is. */
            kind: components["schemas"]["LoginKind"];
            /** @description A private key without a passphrase, or a password. */
            secret: string;
            /** @description The account. */
            user: string;
        };
        /** @description One text of the master. */
        TerminalMessage: {
            /** @description It is in the journal; panes may be started. */
            data: components["schemas"]["TerminalOpened"];
            /** @enum {string} */
            event: "opened";
        } | {
            /** @description A pane runs. */
            data: components["schemas"]["PaneStarted"];
            /** @enum {string} */
            event: "started";
        } | {
            /** @description A pane is over. */
            data: components["schemas"]["PaneEnded"];
            /** @enum {string} */
            event: "ended";
        } | {
            /** @description The connection ends. */
            data: components["schemas"]["Problem"];
            /** @enum {string} */
            event: "refused";
        };
        /** @description What is to run where. */
        TerminalOpen: {
            /** @description What to run, for a shell; a login shell on a terminal when missing. */
            command?: string | null;
            login?: components["schemas"]["TerminalLogin"] | null;
            /**
             * Format: int64
             * @description A command is ended when it printed more bytes than these. Bounded by the master.
             */
            output_max_bytes?: number | null;
            /** @description Why, for the audit. */
            reason?: string | null;
            size?: components["schemas"]["TerminalSize"] | null;
            /** @description Servers. Their places in this list are the numbers of the panes. */
            targets: components["schemas"]["ObjectPath"][];
            /**
             * Format: int64
             * @description A command is ended after so long; a shell after so long without a key. Bounded by the master.
             */
            timeout_ms?: number | null;
        };
        /** @description What was opened. */
        TerminalOpened: {
            /**
             * Format: uuid
             * @description Its id: in the audit, and of its recordings.
             */
            terminal: string;
        };
        /** @description What became of one server of a terminal. */
        TerminalPane: {
            /** @description As whom and over what it ran; empty when it did not, or is still open. */
            account: string;
            /**
             * Format: int64
             * @description Bytes typed.
             */
            bytes_in: number;
            /**
             * Format: int64
             * @description Bytes printed.
             */
            bytes_out: number;
            /** @description The outcome in words. */
            detail: string;
            ended_at?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description The exit code, when it exited.
             */
            exit_code?: number | null;
            /** @description `open`, `not-started`, `exited`, `signalled`, `stopped`, `limited`, `failed` or `unknown`. */
            outcome: string;
            /** @description SHA-256 of its recording, lower-case hex. */
            recording?: string | null;
            /** @description The server. */
            server: components["schemas"]["ObjectPath"];
            started_at?: components["schemas"]["Timestamp"] | null;
            /** @description Why the recording is missing or ends early. */
            unrecorded?: string | null;
        };
        /** @description How servers would be reached. Nothing was connected to. */
        TerminalPlan: {
            approval?: components["schemas"]["PlannedApproval"] | null;
            /** @description One a server, in the order asked for. */
            targets: components["schemas"]["PlannedPane"][];
        };
        /** @description Asks how servers would be reached. */
        TerminalPlanRequest: {
            /** @description The account of the own login that would be given. */
            account?: string | null;
            /** @description The command line; a login shell when missing. */
            command?: string | null;
            /** @description Servers. */
            targets: components["schemas"]["ObjectPath"][];
        };
        /** @description One text of a client. */
        TerminalRequest: {
            /** @description Says what is to run where. The first message. */
            open: components["schemas"]["TerminalOpen"];
        } | {
            /** @description Begins with these panes. */
            start: components["schemas"]["Panes"];
        } | {
            /** @description Types into these panes. */
            input: components["schemas"]["TerminalInput"];
        } | {
            /** @description Gives the terminals of these panes another size. */
            resize: components["schemas"]["TerminalResize"];
        } | {
            /** @description Ends these panes: the connection to their server is closed. */
            stop: components["schemas"]["Panes"];
        };
        /** @description Another size. */
        TerminalResize: {
            /** @description Of which panes. */
            panes: number[];
            /** @description The size. */
            size: components["schemas"]["TerminalSize"];
        };
        /** @description One terminal. */
        TerminalRow: {
            /** @description The account of the own login that was given; the master's login was used when missing. */
            account?: string | null;
            /** @description Who. */
            actor: components["schemas"]["Actor"];
            closed_at?: components["schemas"]["Timestamp"] | null;
            /** @description The command line; a login shell when missing. */
            command?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description When it was opened. */
            opened_at: components["schemas"]["Timestamp"];
            /** @description Why. */
            reason?: string | null;
            /**
             * Format: int32
             * @description How many servers.
             */
            servers: number;
            /**
             * Format: int32
             * @description On how many of them the command ended with exit code 0; 0 while it is open.
             */
            succeeded: number;
        };
        /** @description Size of a terminal. */
        TerminalSize: {
            /**
             * Format: int32
             * @description Characters of a line.
             */
            columns: number;
            /**
             * Format: int32
             * @description Lines.
             */
            rows: number;
        };
        /**
         * Format: date-time
         * @description RFC 3339, UTC, milliseconds
         */
        Timestamp: string;
        /** @description An API token just made. The secret is shown this once. */
        TokenCreated: components["schemas"]["TokenRow"] & {
            /** @description Goes into `Authorization: Bearer`. */
            secret: string;
        };
        /** @description Asks for an API token. */
        TokenRequest: {
            /**
             * Format: int64
             * @description Seconds until it ends; never when missing.
             */
            expires_in_s?: number | null;
            /** @description What it may do: at most what its owner may. */
            grants: components["schemas"]["Grant"][];
            /** @description What it is for. */
            name: string;
            /** @description The user it belongs to; whoever asks when missing. */
            owner?: string | null;
            /**
             * @description Whether whoever has it may say for which user a request comes: for a console of several clusters. It is then
             *     as good as every user, as far as its grants reach.
             */
            speaks_for_users?: boolean;
        };
        /** @description One API token in a list. */
        TokenRow: {
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description What it may do; never more than its owner. */
            grants: components["schemas"]["Grant"][];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description The network address from which that request came. */
            last_address?: string | null;
            last_seen_at?: components["schemas"]["Timestamp"] | null;
            /** @description What it is for. */
            name: string;
            /** @description From which networks it may come; from everywhere when there are none. */
            networks?: string[];
            /** @description The user it belongs to. */
            owner: string;
            /** @description Whether whoever has it may say for which user a request comes: for a console of several clusters. */
            speaks_for_users?: boolean;
        };
        /** @description What a subscription looks at. */
        Topic: (components["schemas"]["ListQuery"] & {
            /** @enum {string} */
            watch: "servers";
        }) | (components["schemas"]["ListQuery"] & {
            /** @enum {string} */
            watch: "applications";
        }) | (components["schemas"]["ListQuery"] & {
            /** @enum {string} */
            watch: "services";
        }) | (components["schemas"]["ListQuery"] & {
            /** @enum {string} */
            watch: "tasks";
        }) | (components["schemas"]["ListQuery"] & {
            /** @enum {string} */
            watch: "problems";
        }) | (components["schemas"]["ObjectTopic"] & {
            /** @enum {string} */
            watch: "object";
        }) | (components["schemas"]["OverviewTopic"] & {
            /** @enum {string} */
            watch: "overview";
        }) | (components["schemas"]["ClustersTopic"] & {
            /** @enum {string} */
            watch: "clusters";
        }) | (components["schemas"]["EventQuery"] & {
            /** @enum {string} */
            watch: "events";
        }) | (components["schemas"]["ActionQuery"] & {
            /** @enum {string} */
            watch: "actions";
        }) | (components["schemas"]["ActionTopic"] & {
            /** @enum {string} */
            watch: "action";
        });
        /** @description What would have been within 24 hours. */
        TriedDay: {
            /** @description Their beginning. */
            from: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description Notices of these.
             */
            notices: number;
            /**
             * Format: int64
             * @description Problems opened.
             */
            problems: number;
        };
        /** @description A problem that would have been. */
        TriedProblem: {
            closed?: components["schemas"]["Timestamp"] | null;
            /** @description Labels that tell it from others of the rule on the object; mostly empty. */
            detail: string;
            /** @description It would have come and gone too often to be told each time. */
            flapping: boolean;
            /** @description In words, as it would have been told when it was opened. */
            message: string;
            /**
             * Format: int32
             * @description How often people would have been told of it.
             */
            notices: number;
            /** @description On what. */
            object: components["schemas"]["ObjectPath"];
            /** @description When it would have been opened. */
            opened: components["schemas"]["Timestamp"];
            /**
             * Format: double
             * @description The value furthest beyond the bound; null of a rule without a bound.
             */
            peak?: number | null;
            /** @description When its condition began. */
            since: components["schemas"]["Timestamp"];
            /**
             * Format: double
             * @description The value with which it would have been opened; null of a rule on states or absence.
             */
            value?: number | null;
        };
        /** @description A series that was looked at. */
        TriedSeries: {
            /** @description Labels that tell it from others of the object; mostly empty. */
            detail: string;
            /** @description When the first one was. */
            first: components["schemas"]["Timestamp"];
            /** @description Of what. */
            object: components["schemas"]["ObjectPath"];
            /** @description Its value at each look, `step_ms` from each other since `first`; null where there was none. */
            values: (number | null)[];
        };
        /** @description A key that is to be trusted. */
        TrustKeyRequest: {
            /** @description Whose it is, for people. */
            comment?: string | null;
            /** @description minisign's public key: its `.pub` file, or the second line of it. */
            key: string;
            tenant?: components["schemas"]["ObjectPath"] | null;
        };
        /** @description A key whose signatures are trusted. */
        TrustKeyRow: {
            /** @description When it was added. */
            added_at: components["schemas"]["Timestamp"];
            /** @description By whom, e.g. `user admin`. */
            added_by: string;
            /** @description Whose it is. */
            comment?: string | null;
            /** @description The name that it gives itself, as minisign writes it: 16 digits. */
            id: string;
            /** @description The key, as the second line of minisign's `.pub` file. */
            key: string;
            /** @description Whose servers trust it. */
            tenant: components["schemas"]["ObjectPath"];
        };
        /** @description Asks to trust other host keys. */
        TrustRequest: {
            /** @description `SHA256:…` of the hosts between, the nearest first, then of the server. */
            fingerprints: string[];
        };
        /** @description Gives problems out of hand. */
        UnacknowledgeRequest: {
            /** @description Which. */
            problems: number[];
        };
        /** @description One object that is not healthy. */
        Unhealthy: {
            /** @description Why, in words; null when nobody said. */
            cause?: string | null;
            /** @description How well it is. */
            health: components["schemas"]["Health"];
            /** @description `server`, `application`, `service` or `task`. */
            kind: string;
            /**
             * Format: int64
             * @description What is on it and cannot be told only because of it: no line names those.
             */
            on_it: number;
            /** @description Where it is addressed. */
            path: components["schemas"]["ObjectPath"];
            /** @description Since when. */
            since: components["schemas"]["Timestamp"];
            /** @description What it does now. */
            status: string;
        };
        /**
         * @description What a figure's values count.
         * @enum {string}
         */
        Unit: "percent" | "bytes" | "bytes_per_second" | "per_second" | "milliseconds" | "number";
        /** @description A unit file that was refused; the server's other units keep running. */
        UnitProblem: {
            /** @description Its file name. */
            file: string;
            /** @description What is wrong, with the line and what to write instead. */
            problem: string;
        };
        /** @description What to end. */
        Unsubscribe: {
            /**
             * Format: int32
             * @description The subscription's id.
             */
            id: number;
        };
        /** @description Asks for a user. */
        UserRequest: {
            /** @description What the user may do, and where. */
            grants: components["schemas"]["Grant"][];
            /** @description Login name. What people of a tenant make ends in `@TENANT`, unless it is the tenant of the master's own cluster. */
            name: string;
            /** @description Password: long enough for the master's policy, 12 characters unless it says otherwise. */
            password: string;
        };
        /** @description One user in a list. */
        UserRow: {
            /** @description When the user was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description What the user may do, and where. */
            grants: components["schemas"]["Grant"][];
            locked_until?: components["schemas"]["Timestamp"] | null;
            /** @description Login name. */
            name: string;
            /** @description From which networks the user may come; from everywhere when there are none. */
            networks?: string[];
            /** @description When the password was last set. */
            password_set_at: components["schemas"]["Timestamp"];
            /** @description Where the user stands with the second factor. */
            second_factor: components["schemas"]["SecondFactorState"];
            /**
             * Format: int32
             * @description Sessions open now.
             */
            sessions: number;
        };
        /**
         * @description What an action can wait for.
         * @enum {string}
         */
        WaitKind: "approval" | "time" | "person";
        /** @description Why an object is as it is. */
        Why: {
            /** @description What it needs. */
            above: components["schemas"]["WhyObject"][];
            /** @description What needs it. */
            below: components["schemas"]["WhyObject"][];
            cause?: components["schemas"]["Cause"] | null;
            /** @description What happened to it last, the newest first. */
            changes: components["schemas"]["Event"][];
            /** @description Whether it does what it is to do. */
            is_well: boolean;
            last_action?: components["schemas"]["WhyAction"] | null;
            /** @description The object. */
            object: components["schemas"]["ObjectPath"];
            /** @description Open problems on it, inside it and on what it is inside of, the worst first. */
            problems: components["schemas"]["WhyProblem"][];
            /** @description What refused something or keeps it from running. */
            refusals: components["schemas"]["WhyRefusal"][];
            since?: components["schemas"]["Timestamp"] | null;
            /** @description Its status; null of one that is not there because its unit file was refused. */
            status?: string | null;
            /** @description The answer in one sentence. */
            summary: string;
        };
        /** @description The action that was last asked of an object. */
        WhyAction: {
            /** @description Who asked, how known and from where. */
            actor: components["schemas"]["Actor"];
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description Identity.
             */
            id: string;
            /** @description The outcome in words; empty while there is none. */
            message: string;
            /** @description What was asked. */
            operation: components["schemas"]["Operation"];
            /** @description Why. */
            reason?: string | null;
            /** @description What became of it on this object. */
            status: components["schemas"]["ActionStatus"];
        };
        /** @description An object that stands in some relation. */
        WhyObject: {
            /** @description Which. */
            path: components["schemas"]["ObjectPath"];
            /** @description The relation: `runs on`, `is part of`, `depends on`, `starts after`; `is its service`, `waits for it`, …. */
            relation: string;
            /** @description Its status. */
            status: string;
        };
        /** @description An open problem. */
        WhyProblem: {
            /**
             * Format: int64
             * @description The problem that it is a symptom of.
             */
            cause?: number | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description In words. */
            message: string;
            /** @description What it is on. */
            object: components["schemas"]["ObjectPath"];
            /** @description The rule that found it. */
            rule: string;
            /** @description How much it matters. */
            severity: components["schemas"]["Severity"];
            /** @description Why nobody is told of it. */
            suppressed?: string | null;
        };
        /** @description A rule or guard that refused something. */
        WhyRefusal: {
            /**
             * @description `restart-budget`, `unit-file`, `desired`, `dependency`, `server`, `access`, `maintenance` or `action`; of the
             *     next order `guard`, `waves`, `approval`, `question` or `schedule`.
             */
            by: string;
            /** @description What, and what to do about it. */
            text: string;
        };
        /** @description The state of an alarm. */
        WidgetAlarm: {
            /** @description Its name. */
            name: string;
            /** @description Why. */
            reason: string;
            /**
             * Format: int64
             * @description Since when, in milliseconds since the Unix epoch.
             */
            since?: number | null;
            /** @description `OK`, `ALARM` or `INSUFFICIENT_DATA`; null for an alarm that there is not. */
            state?: string | null;
        };
        /** @description What a widget shows. */
        WidgetData: {
            /** @description Of a widget of alarms: their states. */
            alarms: components["schemas"]["WidgetAlarm"][];
            /**
             * Format: int64
             * @description When it was worked out, in milliseconds since the Unix epoch.
             */
            at: number;
            /** @description What is on it. */
            axis: string;
            /** @description Lines at values. */
            marks: components["schemas"]["WidgetMark"][];
            /**
             * Format: double
             * @description Where it ends.
             */
            max?: number | null;
            /**
             * Format: double
             * @description Where the axis of values begins; null for where the data does.
             */
            min?: number | null;
            /** @description Lines at times, in milliseconds since the Unix epoch. */
            moments: components["schemas"]["WidgetMark"][];
            /** @description The series, in the order of the widget. */
            series: components["schemas"]["WidgetSeries"][];
            /**
             * Format: int64
             * @description From when on.
             */
            since: number;
            /**
             * Format: int64
             * @description Until when.
             */
            until: number;
        };
        /**
         * @description What a widget is.
         * @enum {string}
         */
        WidgetKind: "metric" | "text" | "alarm" | "log" | "explorer" | "custom";
        /** @description A line of a widget. */
        WidgetMark: {
            /**
             * Format: double
             * @description Where.
             */
            at: number;
            /** @description What it means. */
            label: string;
        };
        /** @description A series of a widget. */
        WidgetSeries: {
            /** @description What it is called. */
            label: string;
            /** @description True when its values are on the axis on the right. */
            right: boolean;
            /**
             * Format: int64
             * @description Milliseconds from one point to the next; further apart there is a gap.
             */
            step_ms: number;
            /** @description When its points are, in milliseconds since the Unix epoch, ascending. */
            times: number[];
            /** @description Its values, one a time. */
            values: number[];
        };
        /**
         * @description How values are shown.
         * @enum {string}
         */
        WidgetView: "time_series" | "single_value" | "bar" | "pie";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AccessKeyCreated = components['schemas']['AccessKeyCreated'];
export type AccessKeyRequest = components['schemas']['AccessKeyRequest'];
export type AccessKeyRow = components['schemas']['AccessKeyRow'];
export type AccountShell = components['schemas']['AccountShell'];
export type AcknowledgementRow = components['schemas']['AcknowledgementRow'];
export type AcknowledgeRequest = components['schemas']['AcknowledgeRequest'];
export type Action = components['schemas']['Action'];
export type ActionApproval = components['schemas']['ActionApproval'];
export type ActionCounts = components['schemas']['ActionCounts'];
export type ActionOrder = components['schemas']['ActionOrder'];
export type ActionOrderRequest = components['schemas']['ActionOrderRequest'];
export type ActionPlan = components['schemas']['ActionPlan'];
export type ActionProgress = components['schemas']['ActionProgress'];
export type ActionQuery = components['schemas']['ActionQuery'];
export type ActionRequest = components['schemas']['ActionRequest'];
export type ActionStatus = components['schemas']['ActionStatus'];
export type ActionTarget = components['schemas']['ActionTarget'];
export type ActionTopic = components['schemas']['ActionTopic'];
export type ActionVerdict = components['schemas']['ActionVerdict'];
export type ActionWait = components['schemas']['ActionWait'];
export type Actor = components['schemas']['Actor'];
export type AgentlessApplication = components['schemas']['AgentlessApplication'];
export type AgentlessApplications = components['schemas']['AgentlessApplications'];
export type AgentlessApplicationsRequest = components['schemas']['AgentlessApplicationsRequest'];
export type AgentlessPlan = components['schemas']['AgentlessPlan'];
export type AgentlessRequest = components['schemas']['AgentlessRequest'];
export type AgentlessRow = components['schemas']['AgentlessRow'];
export type AgentlessServer = components['schemas']['AgentlessServer'];
export type AgentRow = components['schemas']['AgentRow'];
export type ApplicationDetails = components['schemas']['ApplicationDetails'];
export type ApplicationKind = components['schemas']['ApplicationKind'];
export type ApplicationRow = components['schemas']['ApplicationRow'];
export type ApplicationStatus = components['schemas']['ApplicationStatus'];
export type Argument = components['schemas']['Argument'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditPage = components['schemas']['AuditPage'];
export type AuditResult = components['schemas']['AuditResult'];
export type AuditVerification = components['schemas']['AuditVerification'];
export type Availability = components['schemas']['Availability'];
export type AvailabilityGap = components['schemas']['AvailabilityGap'];
export type AvailabilityKind = components['schemas']['AvailabilityKind'];
export type AvailabilityPart = components['schemas']['AvailabilityPart'];
export type AvailabilityRow = components['schemas']['AvailabilityRow'];
export type AvailabilityTime = components['schemas']['AvailabilityTime'];
export type BusinessService = components['schemas']['BusinessService'];
export type Cardinality = components['schemas']['Cardinality'];
export type Cause = components['schemas']['Cause'];
export type ChannelRow = components['schemas']['ChannelRow'];
export type ChannelTest = components['schemas']['ChannelTest'];
export type Chart = components['schemas']['Chart'];
export type ChartFigure = components['schemas']['ChartFigure'];
export type CloseRequest = components['schemas']['CloseRequest'];
export type ClusterCounts = components['schemas']['ClusterCounts'];
export type ClusterRow = components['schemas']['ClusterRow'];
export type ClusterStatus = components['schemas']['ClusterStatus'];
export type ClustersTopic = components['schemas']['ClustersTopic'];
export type ClusterSummary = components['schemas']['ClusterSummary'];
export type CodeKind = components['schemas']['CodeKind'];
export type CodePlan = components['schemas']['CodePlan'];
export type CodePlanItem = components['schemas']['CodePlanItem'];
export type CodeReleaseRequest = components['schemas']['CodeReleaseRequest'];
export type CodeRequest = components['schemas']['CodeRequest'];
export type CodeRow = components['schemas']['CodeRow'];
export type CommentRequest = components['schemas']['CommentRequest'];
export type ConfigurationApplyPlan = components['schemas']['ConfigurationApplyPlan'];
export type ConfigurationApplyRequest = components['schemas']['ConfigurationApplyRequest'];
export type ConfigurationDetails = components['schemas']['ConfigurationDetails'];
export type ConfigurationDiff = components['schemas']['ConfigurationDiff'];
export type ConfigurationPeers = components['schemas']['ConfigurationPeers'];
export type ConfigurationPlannedTarget = components['schemas']['ConfigurationPlannedTarget'];
export type ConfigurationRequest = components['schemas']['ConfigurationRequest'];
export type ConfigurationRevertRequest = components['schemas']['ConfigurationRevertRequest'];
export type ConfigurationRevised = components['schemas']['ConfigurationRevised'];
export type ConfigurationRevision = components['schemas']['ConfigurationRevision'];
export type ConfigurationRow = components['schemas']['ConfigurationRow'];
export type ConfigurationStatus = components['schemas']['ConfigurationStatus'];
export type ConfigurationTarget = components['schemas']['ConfigurationTarget'];
export type Counts = components['schemas']['Counts'];
export type CustomAction = components['schemas']['CustomAction'];
export type CustomOrder = components['schemas']['CustomOrder'];
export type CustomRight = components['schemas']['CustomRight'];
export type CustomTarget = components['schemas']['CustomTarget'];
export type Dashboard = components['schemas']['Dashboard'];
export type DashboardRow = components['schemas']['DashboardRow'];
export type DashboardWidget = components['schemas']['DashboardWidget'];
export type DeltaApplicationRow = components['schemas']['Delta_ApplicationRow'];
export type DeltaServerRow = components['schemas']['Delta_ServerRow'];
export type DeltaServiceRow = components['schemas']['Delta_ServiceRow'];
export type DeltaTaskRow = components['schemas']['Delta_TaskRow'];
export type DeviceLogin = components['schemas']['DeviceLogin'];
export type DeviceSession = components['schemas']['DeviceSession'];
export type DeviceSessionRequest = components['schemas']['DeviceSessionRequest'];
export type DiffLine = components['schemas']['DiffLine'];
export type DriftedFile = components['schemas']['DriftedFile'];
export type Endpoint = components['schemas']['Endpoint'];
export type Enrolment = components['schemas']['Enrolment'];
export type EnrolRequest = components['schemas']['EnrolRequest'];
export type Event = components['schemas']['Event'];
export type EventOrder = components['schemas']['EventOrder'];
export type EventPage = components['schemas']['EventPage'];
export type EventQuery = components['schemas']['EventQuery'];
export type ExportFormat = components['schemas']['ExportFormat'];
export type Facet = components['schemas']['Facet'];
export type FacetValue = components['schemas']['FacetValue'];
export type FileDiff = components['schemas']['FileDiff'];
export type FreezeRequest = components['schemas']['FreezeRequest'];
export type FreezeRow = components['schemas']['FreezeRow'];
export type Grant = components['schemas']['Grant'];
export type GrantsRequest = components['schemas']['GrantsRequest'];
export type GuestKind = components['schemas']['GuestKind'];
export type Health = components['schemas']['Health'];
export type HeartbeatCreated = components['schemas']['HeartbeatCreated'];
export type HeartbeatRequest = components['schemas']['HeartbeatRequest'];
export type HeartbeatRow = components['schemas']['HeartbeatRow'];
export type HistoryStatus = components['schemas']['HistoryStatus'];
export type HistoryTier = components['schemas']['HistoryTier'];
export type HostSystem = components['schemas']['HostSystem'];
export type JoinTokenCreated = components['schemas']['JoinTokenCreated'];
export type JoinTokenRequest = components['schemas']['JoinTokenRequest'];
export type JoinTokenRow = components['schemas']['JoinTokenRow'];
export type LastAction = components['schemas']['LastAction'];
export type LatestSample = components['schemas']['LatestSample'];
export type ListQuery = components['schemas']['ListQuery'];
export type LiveEvent = components['schemas']['LiveEvent'];
export type LiveHeartbeat = components['schemas']['LiveHeartbeat'];
export type LiveHello = components['schemas']['LiveHello'];
export type LiveMessage = components['schemas']['LiveMessage'];
export type Liveness = components['schemas']['Liveness'];
export type LiveRequest = components['schemas']['LiveRequest'];
export type LogBegun = components['schemas']['LogBegun'];
export type LogCluster = components['schemas']['LogCluster'];
export type LogEnded = components['schemas']['LogEnded'];
export type LogHeartbeat = components['schemas']['LogHeartbeat'];
export type LoginKind = components['schemas']['LoginKind'];
export type LoginRequest = components['schemas']['LoginRequest'];
export type LoginWays = components['schemas']['LoginWays'];
export type LogMessage = components['schemas']['LogMessage'];
export type LogNote = components['schemas']['LogNote'];
export type LogQuery = components['schemas']['LogQuery'];
export type LogRow = components['schemas']['LogRow'];
export type LogServer = components['schemas']['LogServer'];
export type LogSourceRow = components['schemas']['LogSourceRow'];
export type LogSources = components['schemas']['LogSources'];
export type LogState = components['schemas']['LogState'];
export type LoopbackLogin = components['schemas']['LoopbackLogin'];
export type LoopbackLoginRequest = components['schemas']['LoopbackLoginRequest'];
export type LoopbackSessionRequest = components['schemas']['LoopbackSessionRequest'];
export type MaintenancePeriod = components['schemas']['MaintenancePeriod'];
export type MaintenanceRequest = components['schemas']['MaintenanceRequest'];
export type MaintenanceRow = components['schemas']['MaintenanceRow'];
export type MaintenanceWindow = components['schemas']['MaintenanceWindow'];
export type MasterRole = components['schemas']['MasterRole'];
export type MasterRow = components['schemas']['MasterRow'];
export type Means = components['schemas']['Means'];
export type MuteRequest = components['schemas']['MuteRequest'];
export type MuteRow = components['schemas']['MuteRow'];
export type Networks = components['schemas']['Networks'];
export type NetworksRequest = components['schemas']['NetworksRequest'];
export type NotificationProblem = components['schemas']['NotificationProblem'];
export type NotificationRow = components['schemas']['NotificationRow'];
export type NotificationsPlan = components['schemas']['NotificationsPlan'];
export type NotificationsRequest = components['schemas']['NotificationsRequest'];
export type NotificationWhy = components['schemas']['NotificationWhy'];
export type ObjectiveRequest = components['schemas']['ObjectiveRequest'];
export type ObjectPath = components['schemas']['ObjectPath'];
export type ObjectTopic = components['schemas']['ObjectTopic'];
export type OnError = components['schemas']['OnError'];
export type Operation = components['schemas']['Operation'];
export type OutageRow = components['schemas']['OutageRow'];
export type Overview = components['schemas']['Overview'];
export type OverviewTopic = components['schemas']['OverviewTopic'];
export type PackageFormat = components['schemas']['PackageFormat'];
export type PackageRow = components['schemas']['PackageRow'];
export type PackageUploaded = components['schemas']['PackageUploaded'];
export type PageAccessKeyRow = components['schemas']['Page_AccessKeyRow'];
export type PageAction = components['schemas']['Page_Action'];
export type PageAgentlessRow = components['schemas']['Page_AgentlessRow'];
export type PageAgentRow = components['schemas']['Page_AgentRow'];
export type PageApplicationRow = components['schemas']['Page_ApplicationRow'];
export type PageChannelRow = components['schemas']['Page_ChannelRow'];
export type PageClusterRow = components['schemas']['Page_ClusterRow'];
export type PageCodeRow = components['schemas']['Page_CodeRow'];
export type PageConfigurationRow = components['schemas']['Page_ConfigurationRow'];
export type PageDashboardRow = components['schemas']['Page_DashboardRow'];
export type PageFreezeRow = components['schemas']['Page_FreezeRow'];
export type PageHeartbeatRow = components['schemas']['Page_HeartbeatRow'];
export type PageJoinTokenRow = components['schemas']['Page_JoinTokenRow'];
export type PageMaintenanceRow = components['schemas']['Page_MaintenanceRow'];
export type PageMasterRow = components['schemas']['Page_MasterRow'];
export type PageMuteRow = components['schemas']['Page_MuteRow'];
export type PageNotificationRow = components['schemas']['Page_NotificationRow'];
export type PagePackageRow = components['schemas']['Page_PackageRow'];
export type PagePermitRow = components['schemas']['Page_PermitRow'];
export type PagePolicyRow = components['schemas']['Page_PolicyRow'];
export type PageProblemRow = components['schemas']['Page_ProblemRow'];
export type PageRouteRow = components['schemas']['Page_RouteRow'];
export type PageRuleRow = components['schemas']['Page_RuleRow'];
export type PageServerRow = components['schemas']['Page_ServerRow'];
export type PageServiceRow = components['schemas']['Page_ServiceRow'];
export type PageSessionRow = components['schemas']['Page_SessionRow'];
export type PageTaskRow = components['schemas']['Page_TaskRow'];
export type PageTenantPart = components['schemas']['Page_TenantPart'];
export type PageTenantRow = components['schemas']['Page_TenantRow'];
export type PageTenantUsageRow = components['schemas']['Page_TenantUsageRow'];
export type PageTerminalRow = components['schemas']['Page_TerminalRow'];
export type PageTokenRow = components['schemas']['Page_TokenRow'];
export type PageTrustKeyRow = components['schemas']['Page_TrustKeyRow'];
export type PageUserRow = components['schemas']['Page_UserRow'];
export type PaneEnded = components['schemas']['PaneEnded'];
export type PaneOutcome = components['schemas']['PaneOutcome'];
export type Panes = components['schemas']['Panes'];
export type PaneStarted = components['schemas']['PaneStarted'];
export type Parameter = components['schemas']['Parameter'];
export type ParameterType = components['schemas']['ParameterType'];
export type PasswordRequest = components['schemas']['PasswordRequest'];
export type PeerContent = components['schemas']['PeerContent'];
export type PermitKind = components['schemas']['PermitKind'];
export type PermitOrderRequest = components['schemas']['PermitOrderRequest'];
export type PermitRow = components['schemas']['PermitRow'];
export type PermitStatus = components['schemas']['PermitStatus'];
export type PingRequest = components['schemas']['PingRequest'];
export type Placement = components['schemas']['Placement'];
export type PlannedApproval = components['schemas']['PlannedApproval'];
export type PlannedCommand = components['schemas']['PlannedCommand'];
export type PlannedGuard = components['schemas']['PlannedGuard'];
export type PlannedPane = components['schemas']['PlannedPane'];
export type PlannedServer = components['schemas']['PlannedServer'];
export type PlannedSystem = components['schemas']['PlannedSystem'];
export type PlannedTarget = components['schemas']['PlannedTarget'];
export type PolicyRow = components['schemas']['PolicyRow'];
export type Principal = components['schemas']['Principal'];
export type Problem = components['schemas']['Problem'];
export type ProblemCode = components['schemas']['ProblemCode'];
export type ProblemComment = components['schemas']['ProblemComment'];
export type ProblemDetails = components['schemas']['ProblemDetails'];
export type ProblemRow = components['schemas']['ProblemRow'];
export type ProblemStatus = components['schemas']['ProblemStatus'];
export type PrometheusAnswer = components['schemas']['PrometheusAnswer'];
export type RecoveryCodes = components['schemas']['RecoveryCodes'];
export type RemoteStatus = components['schemas']['RemoteStatus'];
export type Request = components['schemas']['Request'];
export type Rolling = components['schemas']['Rolling'];
export type RouteRow = components['schemas']['RouteRow'];
export type RouteStep = components['schemas']['RouteStep'];
export type RouteTime = components['schemas']['RouteTime'];
export type RuleRow = components['schemas']['RuleRow'];
export type RulesPlan = components['schemas']['RulesPlan'];
export type RulesRequest = components['schemas']['RulesRequest'];
export type RuleTestRequest = components['schemas']['RuleTestRequest'];
export type RuleTrial = components['schemas']['RuleTrial'];
export type Says = components['schemas']['Says'];
export type SecondFactorOffer = components['schemas']['SecondFactorOffer'];
export type SecondFactorRequest = components['schemas']['SecondFactorRequest'];
export type SecondFactorState = components['schemas']['SecondFactorState'];
export type ServerDetails = components['schemas']['ServerDetails'];
export type ServerRole = components['schemas']['ServerRole'];
export type ServerRow = components['schemas']['ServerRow'];
export type ServerStatus = components['schemas']['ServerStatus'];
export type ServiceDetails = components['schemas']['ServiceDetails'];
export type ServiceRow = components['schemas']['ServiceRow'];
export type ServiceStatus = components['schemas']['ServiceStatus'];
export type Session = components['schemas']['Session'];
export type SessionRequest = components['schemas']['SessionRequest'];
export type SessionRow = components['schemas']['SessionRow'];
export type Severity = components['schemas']['Severity'];
export type ShownKeys = components['schemas']['ShownKeys'];
export type ShownServer = components['schemas']['ShownServer'];
export type StatusCount = components['schemas']['StatusCount'];
export type Subscribe = components['schemas']['Subscribe'];
export type SuspendRequest = components['schemas']['SuspendRequest'];
export type TaskRow = components['schemas']['TaskRow'];
export type TaskRunOrdered = components['schemas']['TaskRunOrdered'];
export type TaskRunRequest = components['schemas']['TaskRunRequest'];
export type TaskRunRow = components['schemas']['TaskRunRow'];
export type TaskRuns = components['schemas']['TaskRuns'];
export type TaskStatus = components['schemas']['TaskStatus'];
export type TenantPart = components['schemas']['TenantPart'];
export type TenantRemoveRequest = components['schemas']['TenantRemoveRequest'];
export type TenantRequest = components['schemas']['TenantRequest'];
export type TenantRow = components['schemas']['TenantRow'];
export type TenantUsageRow = components['schemas']['TenantUsageRow'];
export type TenantUse = components['schemas']['TenantUse'];
export type TerminalDetails = components['schemas']['TerminalDetails'];
export type TerminalInput = components['schemas']['TerminalInput'];
export type TerminalLogin = components['schemas']['TerminalLogin'];
export type TerminalMessage = components['schemas']['TerminalMessage'];
export type TerminalOpen = components['schemas']['TerminalOpen'];
export type TerminalOpened = components['schemas']['TerminalOpened'];
export type TerminalPane = components['schemas']['TerminalPane'];
export type TerminalPlan = components['schemas']['TerminalPlan'];
export type TerminalPlanRequest = components['schemas']['TerminalPlanRequest'];
export type TerminalRequest = components['schemas']['TerminalRequest'];
export type TerminalResize = components['schemas']['TerminalResize'];
export type TerminalRow = components['schemas']['TerminalRow'];
export type TerminalSize = components['schemas']['TerminalSize'];
export type Timestamp = components['schemas']['Timestamp'];
export type TokenCreated = components['schemas']['TokenCreated'];
export type TokenRequest = components['schemas']['TokenRequest'];
export type TokenRow = components['schemas']['TokenRow'];
export type Topic = components['schemas']['Topic'];
export type TriedDay = components['schemas']['TriedDay'];
export type TriedProblem = components['schemas']['TriedProblem'];
export type TriedSeries = components['schemas']['TriedSeries'];
export type TrustKeyRequest = components['schemas']['TrustKeyRequest'];
export type TrustKeyRow = components['schemas']['TrustKeyRow'];
export type TrustRequest = components['schemas']['TrustRequest'];
export type UnacknowledgeRequest = components['schemas']['UnacknowledgeRequest'];
export type Unhealthy = components['schemas']['Unhealthy'];
export type Unit = components['schemas']['Unit'];
export type UnitProblem = components['schemas']['UnitProblem'];
export type Unsubscribe = components['schemas']['Unsubscribe'];
export type UserRequest = components['schemas']['UserRequest'];
export type UserRow = components['schemas']['UserRow'];
export type WaitKind = components['schemas']['WaitKind'];
export type Why = components['schemas']['Why'];
export type WhyAction = components['schemas']['WhyAction'];
export type WhyObject = components['schemas']['WhyObject'];
export type WhyProblem = components['schemas']['WhyProblem'];
export type WhyRefusal = components['schemas']['WhyRefusal'];
export type WidgetAlarm = components['schemas']['WidgetAlarm'];
export type WidgetData = components['schemas']['WidgetData'];
export type WidgetKind = components['schemas']['WidgetKind'];
export type WidgetMark = components['schemas']['WidgetMark'];
export type WidgetSeries = components['schemas']['WidgetSeries'];
export type WidgetView = components['schemas']['WidgetView'];
export type $defs = Record<string, never>;
export interface operations {
    access_key_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List one's own access keys, and all others that one may manage */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AccessKeyRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    access_key_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccessKeyRequest"];
            };
        };
        responses: {
            /** @description Make a key with which AWS' own tools sign their requests; its secret is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessKeyCreated"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    access_key_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    action_list: {
        parameters: {
            query?: {
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description only what is about this object or something inside it */
                object?: components["schemas"]["ObjectPath"];
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description only actions with this status */
                status?: components["schemas"]["ActionStatus"];
                /** @description most targets of each action; all when missing */
                targets?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List actions, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Action"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    action_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActionRequest"];
            };
        };
        responses: {
            /** @description Start, stop or restart applications; 200 with the plan of a dry run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActionPlan"];
                };
            };
            /** @description Start, stop or restart applications; 200 with the plan of a dry run */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Action"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    action_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show an action with the result of each target */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Action"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    action_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActionOrderRequest"];
            };
        };
        responses: {
            /** @description Approve, reject, continue or cancel an action */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Action"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    action_watch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Action"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: components["schemas"]["ActionProgress"];
                        /** @constant */
                        event: "progress";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the servers that are read over ssh, and how */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AgentlessRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_add: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgentlessRequest"];
            };
        };
        responses: {
            /** @description Read servers over ssh from now on, all of them or none; 200 with the plan of a dry run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentlessPlan"];
                };
            };
            /** @description Read servers over ssh from now on, all of them or none; 200 with the plan of a dry run */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentlessPlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_applications_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Fetch the applications of a server that is read over ssh, and every command that is run for them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentlessApplications"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_applications_set: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgentlessApplicationsRequest"];
            };
        };
        responses: {
            /** @description Say which applications a server has that is read over ssh, all of them from now on; a dry run only tells */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentlessApplications"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_trust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrustRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agentless_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgentlessRequest"];
            };
        };
        responses: {
            /** @description Show the host keys of servers before they are trusted; nobody is logged in to a host whose key is not known */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownKeys"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agent_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List enrolled agents */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AgentRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agent_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agent_connect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a WebSocket */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agent_enrol: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnrolRequest"];
            };
        };
        responses: {
            /** @description Enter a cluster; the join token is the proof */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Enrolment"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    application_list: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List applications */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ApplicationRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    application_get: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show everything known of an application */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    application_watch: {
        parameters: {
            query?: {
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_ApplicationRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: components["schemas"]["Delta_ApplicationRow"];
                        /** @constant */
                        event: "delta";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    policy_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List policies of approval */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PolicyRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    policy_set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicyRow"];
            };
        };
        responses: {
            /** @description Set a policy: orders of its kind wait for another person's approval */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    policy_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_search: {
        parameters: {
            query?: {
                /** @description only deeds before this position */
                before?: number;
                /** @description only deeds of this user, token or access key */
                by?: string;
                /** @description only events of this kind, or actions with this operation */
                kind?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description only deeds on this object or inside it, or on whatever has this name */
                object?: string;
                /** @description only deeds with this result */
                result?: components["schemas"]["AuditResult"];
                /** @description only deeds at or after this time */
                since?: components["schemas"]["Timestamp"];
                /** @description only deeds before this time */
                until?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Search what people did, the newest first, with the result of each deed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_export: {
        parameters: {
            query?: {
                /** @description only events after this position */
                after?: number;
                /** @description form of the export, jsonl when missing */
                format?: components["schemas"]["ExportFormat"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Export the journal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                    "text/plain": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Walk the journal's hash chain */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerification"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ca_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Fetch the cluster's CA certificate */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-pem-file": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    channel_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List channels, without their secrets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ChannelRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    channel_apply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationsRequest"];
            };
        };
        responses: {
            /** @description Apply channels, all of them or none; a dry run only tells what it would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationsPlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    channel_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    channel_test: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Send a test message to a channel, and tell what its receiver said */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelTest"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    chart_get: {
        parameters: {
            query?: {
                /** @description names of figures separated by commas; all that the object has when missing */
                figures?: string;
                /** @description most points, 600 when missing, at most 2000 */
                points?: number;
                /** @description from when on; five minutes before the end when missing */
                since?: components["schemas"]["Timestamp"];
                /** @description until when; now when missing */
                until?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show how figures of a cluster, server, application or service went */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Chart"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List clusters: the own one, then those that are joined, each with its freshness */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ClusterRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_pass_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                rest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a WebSocket */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Read at a joined cluster, or open a WebSocket there: what follows is as behind `/api/v1/` there, and passed on in the name of who asks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_pass_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                rest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pass a request on to a joined cluster */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_pass_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                rest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pass a request on to a joined cluster */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_pass_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                rest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pass a request on to a joined cluster */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cluster_watch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_ClusterRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    code_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what is kept as code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CodeRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    code_apply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description Bring configurations, rules, channels, routes and maintenance as code; a dry run tells the plan */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodePlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    code_release: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeReleaseRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List configurations, with how many servers have their newest revision */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ConfigurationRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_revise: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigurationRequest"];
            };
        };
        responses: {
            /** @description Make a configuration, or give one another revision; a dry run only tells what would change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationRevised"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_get: {
        parameters: {
            query?: {
                /** @description the revision to tell; the newest when missing */
                revision?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell a configuration as a revision has it, its revisions, and what lies on servers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_apply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigurationApplyRequest"];
            };
        };
        responses: {
            /** @description Lay a revision down on servers: an action; a dry run tells the plan */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationApplyPlan"];
                };
            };
            /** @description Lay a revision down on servers: an action; a dry run tells the plan */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Action"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_diff: {
        parameters: {
            query?: {
                /** @description the older revision; the one before `to` when missing, 0 is nothing */
                from?: number;
                /** @description the newer revision; the newest when missing */
                to?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Compare two revisions, line by line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationDiff"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    configuration_revert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigurationRevertRequest"];
            };
        };
        responses: {
            /** @description Make what an older revision says the newest one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationRevised"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dashboard_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List dashboards that AWS' tools put */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_DashboardRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dashboard_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what stands on a dashboard */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dashboard"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    widget_get: {
        parameters: {
            query?: {
                /** @description how long before now it begins; as the widget says when missing */
                minutes?: number;
            };
            header?: never;
            path: {
                index: string;
                name: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show the values of a widget, or the states of its alarms */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WidgetData"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_list: {
        parameters: {
            query?: {
                /** @description only events of the action with this id */
                action?: string;
                /** @description only events after this position */
                after?: number;
                /** @description only events before this position */
                before?: number;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description only events of this kind */
                kind?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description only what is about this object or something inside it */
                object?: components["schemas"]["ObjectPath"];
                /** @description asc after `after`, else desc, when missing */
                order?: components["schemas"]["EventOrder"];
                /** @description only events at or after this time */
                since?: components["schemas"]["Timestamp"];
                /** @description only events before this time */
                until?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List events of the journal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_stream: {
        parameters: {
            query?: {
                /** @description only events of the action with this id */
                action?: string;
                /** @description only events after this position */
                after?: number;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description only events of this kind */
                kind?: string;
                /** @description only what is about this object or something inside it */
                object?: components["schemas"]["ObjectPath"];
                /** @description only events at or after this time */
                since?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Event"];
                        /** @constant */
                        event: "event";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    freeze_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List freeze windows that are not over */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FreezeRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    freeze_set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FreezeRequest"];
            };
        };
        responses: {
            /** @description Announce a freeze, or change one: no order on its applications is taken while it is in force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreezeRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    freeze_lift: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    heartbeat_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List tasks that others run and give signs of */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_HeartbeatRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    heartbeat_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HeartbeatRequest"];
            };
        };
        responses: {
            /** @description Expect signs of a task that others run; the secret of its address is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatCreated"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    heartbeat_ping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PingRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    heartbeat_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    history_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what the history keeps and what it costs; for those who may read everything */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryStatus"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_create_bucket: {
        parameters: {
            query?: {
                /** @description unit of the lines' times: ns, us, ms, s, m or h; ns when missing */
                precision?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_ping: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_create: {
        parameters: {
            query?: {
                /** @description unit of the lines' times: ns, us, ms, s, m or h; ns when missing */
                precision?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join_token_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List join tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JoinTokenRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join_token_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinTokenRequest"];
            };
        };
        responses: {
            /** @description Make a token with which servers can join a cluster; its secret is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinTokenCreated"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join_token_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live_connect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a WebSocket */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_list: {
        parameters: {
            query?: {
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description only this source of each application; all of them when missing */
                source?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what applications write to, asked of their servers now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogSources"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_download: {
        parameters: {
            query?: {
                /** @description most bytes that are read on each server; no bound when missing */
                bytes?: number;
                /** @description lines around each match, on both sides */
                context?: number;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description true: the pattern is a plain text */
                fixed?: string;
                /** @description true: small letters and capitals are the same */
                ignore_case?: string;
                /** @description true: lines in which it is not found */
                invert?: string;
                /** @description most matches on each server; no bound when missing */
                limit?: number;
                /** @description an expression that is found in the lines; all lines when missing */
                pattern?: string;
                /** @description only lines written at or after this time */
                since?: components["schemas"]["Timestamp"];
                /** @description only this source of each application; all of them when missing */
                source?: string;
                /** @description most seconds on each server; an hour when missing */
                timeout_s?: number;
                /** @description only lines written before this time */
                until?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Download lines of logs as a text, the oldest first, one source after the other */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogQuery"];
            };
        };
        responses: {
            /** @description Search logs of applications on their servers, the newest lines first: a `LogMessage` a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_tail: {
        parameters: {
            query?: {
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description true: the pattern is a plain text */
                fixed?: string;
                /** @description true: small letters and capitals are the same */
                ignore_case?: string;
                /** @description true: lines in which it is not found */
                invert?: string;
                /** @description lines of each source to begin with; 10 when missing */
                lines?: number;
                /** @description an expression that is found in the lines; all lines when missing */
                pattern?: string;
                /** @description only this source of each application; all of them when missing */
                source?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Follow logs of applications: a `LogMessage` a line, the last lines first, then each as it is written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    maintenance_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List maintenances that are not over */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_MaintenanceRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    maintenance_set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaintenanceRequest"];
            };
        };
        responses: {
            /** @description Announce a maintenance, or change one: nobody is told of problems while it is in force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaintenanceRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    maintenance_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    master_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the masters of this cluster: which one is active, and how far the others are */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_MasterRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    master_promote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Fetch the master's own metrics, in the Prometheus text form; for those who may read everything */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mute_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List mutes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_MuteRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mute_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MuteRequest"];
            };
        };
        responses: {
            /** @description Tell nobody of problems on an object and inside it for a time */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MuteRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mute_end: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    network_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show from which networks anybody may come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Networks"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    network_set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworksRequest"];
            };
        };
        responses: {
            /** @description Say from which networks anybody may come; loopback always may */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Networks"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    notification_list: {
        parameters: {
            query?: {
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what channels were told, attempt by attempt, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_NotificationRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    notification_why: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                problem: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Say in words why channels were told of a problem, or were not */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationWhy"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    oidc_callback: {
        parameters: {
            query?: {
                /** @description what the provider gives for the tokens */
                code?: string;
                /** @description why the provider refused */
                error?: string;
                /** @description the same in words */
                error_description?: string;
                /** @description the provider that sends it (RFC 9207) */
                iss?: string;
                /** @description which login it belongs to */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End a login through the identity provider: sets the session's cookie */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
        };
    };
    oidc_device_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Begin a login through the identity provider for a client without a browser: a code to type in any */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceLogin"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    oidc_device_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceSessionRequest"];
            };
        };
        responses: {
            /** @description Ask whether such a login is done, and take its session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceSession"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    oidc_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description goes on elsewhere */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    oidc_loopback_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoopbackLoginRequest"];
            };
        };
        responses: {
            /** @description Begin a login through the identity provider for a program that listens on a port of 127.0.0.1, where the browser comes back to */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoopbackLogin"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    oidc_loopback_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoopbackSessionRequest"];
            };
        };
        responses: {
            /** @description Log in with the code that the browser brought there */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Fetch this document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    otlp_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Write metrics of OpenTelemetry: OTLP over HTTP, protobuf or JSON, plain or packed with gzip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                    "application/x-protobuf": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    overview_get: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sum up the whole fleet: counts by status, clusters, business services, what is not healthy */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    package_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List packages and the applications installed from them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PackageRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    package_add: {
        parameters: {
            query?: {
                /** @description name of the file; a single file is installed under it */
                file?: string;
                /** @description what the bytes are; by the file's name when missing */
                format?: components["schemas"]["PackageFormat"];
                /** @description name of the package */
                name?: string;
                /** @description bytes that the master has already, of an upload that was cut; with sha256 */
                offset?: number;
                /** @description what the bytes are to be, in 64 digits; others are refused */
                sha256?: string;
                /** @description the text of minisign's signature */
                signature?: string;
                /** @description whose it is to be; the master's own tenant when missing */
                tenant?: components["schemas"]["ObjectPath"];
                /** @description its version, which names these bytes for ever */
                version?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Add a package: its bytes are the body, as they are */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    package_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                tenant: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    package_upload_get: {
        parameters: {
            query?: {
                /** @description whose it is to be; the master's own tenant when missing */
                tenant?: components["schemas"]["ObjectPath"];
            };
            header?: never;
            path: {
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell how far the upload of a package came before it was cut */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageUploaded"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    permit_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List terminals and removals of servers that wait for approval, or were approved and not done yet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PermitRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    permit_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PermitOrderRequest"];
            };
        };
        responses: {
            /** @description Approve or reject a permit */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PermitRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ping_get: {
        parameters: {
            query?: {
                /** @description pieces that are done */
                done?: number;
                /** @description in words */
                message?: string;
                /** @description started, ok or failed; ok when missing */
                sign?: string;
                /** @description pieces in all */
                total?: number;
            };
            header?: never;
            path: {
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ping_post: {
        parameters: {
            query?: {
                /** @description pieces that are done */
                done?: number;
                /** @description in words */
                message?: string;
                /** @description started, ok or failed; ok when missing */
                sign?: string;
                /** @description pieces in all */
                total?: number;
            };
            header?: never;
            path: {
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_list: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List problems, open ones and the last that are over: the worst first, then the newest */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProblemRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show a problem with what was written about it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_acknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcknowledgeRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_close: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CloseRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_comment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommentRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_unacknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnacknowledgeRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    problem_watch: {
        parameters: {
            query?: {
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_ProblemRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_alerts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer that there are no alerts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_label_values: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description a selector such as `{server="db-1"}`; may be given several times */
                "match[]"?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Find the values of a label */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_labels: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description a selector such as `{server="db-1"}`; may be given several times */
                "match[]"?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Find the names of labels */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_labels_form: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description a selector such as `{server="db-1"}`; may be given several times */
                "match[]"?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Find the names of labels; the parameters may come as a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_metadata: {
        parameters: {
            query?: {
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description only this metric */
                metric?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell type, unit and meaning of metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_instant: {
        parameters: {
            query?: {
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description how old a value may be, e.g. `1m`; `5m` when missing */
                lookback_delta?: string;
                /** @description a `PromQL` expression */
                query?: string;
                /** @description seconds since the Unix epoch, or RFC 3339; now when missing */
                time?: string;
                /** @description shortens the time that it may take, e.g. `5s` */
                timeout?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer a `PromQL` expression for one time, as Prometheus does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_instant_form: {
        parameters: {
            query?: {
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description how old a value may be, e.g. `1m`; `5m` when missing */
                lookback_delta?: string;
                /** @description a `PromQL` expression */
                query?: string;
                /** @description seconds since the Unix epoch, or RFC 3339; now when missing */
                time?: string;
                /** @description shortens the time that it may take, e.g. `5s` */
                timeout?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer a `PromQL` expression for one time, as Prometheus does; the parameters may come as a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_exemplars: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer that there are no exemplars */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_exemplars_form: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer that there are no exemplars; the parameters may come as a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_range: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description how old a value may be, e.g. `1m`; `5m` when missing */
                lookback_delta?: string;
                /** @description a `PromQL` expression */
                query?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
                /** @description seconds between two values, or a duration such as `15s` */
                step?: string;
                /** @description shortens the time that it may take, e.g. `5s` */
                timeout?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer a `PromQL` expression for many times, as Prometheus does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_range_form: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description how old a value may be, e.g. `1m`; `5m` when missing */
                lookback_delta?: string;
                /** @description a `PromQL` expression */
                query?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
                /** @description seconds between two values, or a duration such as `15s` */
                step?: string;
                /** @description shortens the time that it may take, e.g. `5s` */
                timeout?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer a `PromQL` expression for many times, as Prometheus does; the parameters may come as a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer that there are no rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_series: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description a selector such as `{server="db-1"}`; may be given several times */
                "match[]"?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Find series by their labels */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_series_form: {
        parameters: {
            query?: {
                /** @description last time, in seconds or RFC 3339 */
                end?: string;
                /** @description most items of the answer; 0 is no bound */
                limit?: number;
                /** @description a selector such as `{server="db-1"}`; may be given several times */
                "match[]"?: string;
                /** @description first time, in seconds or RFC 3339 */
                start?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Find series by their labels; the parameters may come as a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_build: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell which Prometheus is answered like */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_targets: {
        parameters: {
            query?: {
                /** @description only this job */
                scrapePool?: string;
                /** @description active, dropped or any; any when missing */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what the master scrapes and how that goes, as Prometheus does; for those who may read everything */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrometheusAnswer"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remote_write_create_prometheus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remote_write_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    route_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List routes in the order in which they are looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RouteRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    route_apply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationsRequest"];
            };
        };
        responses: {
            /** @description Apply routes, all of them or none; a dry run only tells what it would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationsPlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    route_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rule_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List rules, ours before the shipped ones */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RuleRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rule_apply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesRequest"];
            };
        };
        responses: {
            /** @description Apply rules, all of them or none; a dry run only tells what it would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesPlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rule_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rule_test: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleTestRequest"];
            };
        };
        responses: {
            /** @description Try a rule on the past: when it would have been a problem, of what may be read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleTrial"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_list: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List servers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ServerRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_get: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show everything known of a server */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_watch: {
        parameters: {
            query?: {
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_ServerRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: components["schemas"]["Delta_ServerRow"];
                        /** @constant */
                        event: "delta";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    service_list: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List services */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ServiceRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    service_get: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show everything known of a service */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    service_watch: {
        parameters: {
            query?: {
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_ServiceRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: components["schemas"]["Delta_ServiceRow"];
                        /** @constant */
                        event: "delta";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List one's own open sessions, and those of all users whom one manages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SessionRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_open: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionRequest"];
            };
        };
        responses: {
            /** @description Log in with a password */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show who the request comes from and what it may do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Principal"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_close: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    second_factor_set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondFactorRequest"];
            };
        };
        responses: {
            /** @description Put an offered secret into force, given its first code; recovery codes are shown this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    second_factor_offer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Offer a secret for one's authenticator; it is shown this once and not in force yet */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorOffer"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    second_factor_remove: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    login_ways: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show which ways in there are beside user name and password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginWays"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    statsd_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    task_run_list: {
        parameters: {
            query?: {
                /** @description only runs before this position */
                before?: number;
                /** @description most items of the page */
                limit?: number;
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the runs of a task that an agent runs, with what they printed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRuns"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    task_run_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskRunRequest"];
            };
        };
        responses: {
            /** @description Let an agent run a task now */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRunOrdered"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    task_list: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List tasks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TaskRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    task_get: {
        parameters: {
            query?: {
                /** @description as of this time in the past; now when missing */
                at?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show a task */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    task_watch: {
        parameters: {
            query?: {
                /** @description text fields separated by commas of which the values are counted, e.g. `status,os` */
                facets?: string;
                /** @description `field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch` */
                filter?: string;
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
                /** @description fields separated by commas, `-` before one for descending; by path when missing */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: components["schemas"]["Page_TaskRow"];
                        /** @constant */
                        event: "snapshot";
                        id?: string;
                    } | {
                        data: components["schemas"]["Delta_TaskRow"];
                        /** @constant */
                        event: "delta";
                        id?: string;
                    } | {
                        data: Record<string, never>;
                        /** @constant */
                        event: "heartbeat";
                        id?: string;
                    };
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List tenants that one may read all of, with what they may use and use */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TenantRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_set: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantRequest"];
            };
        };
        responses: {
            /** @description Describe a tenant and say what it may use; for those who manage access everywhere */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_forget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_availability: {
        parameters: {
            query?: {
                /** @description a month, as `2026-11`, instead */
                month?: string;
                /** @description `today`, `7d`, `30d` or `90d`, by UTC; 30d when missing */
                period?: string;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell how available what a tenant has was, what of the error budget is left, and what went wrong */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Availability"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_content: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell what would go with a tenant; for those who manage access everywhere */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TenantPart"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_promise: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ObjectiveRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantRemoveRequest"];
            };
        };
        responses: {
            /** @description Remove a tenant with all that it has, for good; for those who manage access everywhere */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TenantPart"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_suspend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuspendRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tenant_usage: {
        parameters: {
            query?: {
                /** @description a month, as `2026-11`; the present one, by UTC, when missing */
                month?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell what tenants used in a month, day by day, to charge it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TenantUsageRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminal_list: {
        parameters: {
            query?: {
                /** @description most items of the page */
                limit?: number;
                /** @description items to leave out at the beginning */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List terminals, the newest first: one's own, and all for auditors */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TerminalRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminal_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what became of each server of a terminal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TerminalDetails"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminal_recording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                pane: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Fetch what a pane printed and when, in the form of asciicast 2 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-asciicast": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminal_connect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a WebSocket */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminal_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TerminalPlanRequest"];
            };
        };
        responses: {
            /** @description Say as whom servers would be reached, or why not, and whose approval it takes; connects to none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TerminalPlan"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    token_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List one's own API tokens, and all others that one may manage */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TokenRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    token_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description Make an API token; its secret is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    token_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    token_set_networks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworksRequest"];
            };
        };
        responses: {
            /** @description Say from which networks programs may come with a token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trust_key_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the keys whose signatures of packages are trusted by servers that name none of their own */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TrustKeyRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trust_key_add: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrustKeyRequest"];
            };
        };
        responses: {
            /** @description Trust what a key of minisign signs: from the first key on, unsigned packages are refused */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrustKeyRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trust_key_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List users */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserRequest"];
            };
        };
        responses: {
            /** @description Add a user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_set_grants: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantsRequest"];
            };
        };
        responses: {
            /** @description Replace what a user may do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_set_networks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworksRequest"];
            };
        };
        responses: {
            /** @description Say from which networks a user may come, with all that belongs to the user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_set_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordRequest"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_reset_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Take another user's second factor away, as when the authenticator is lost */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_end_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_revoke_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    user_unlock: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forget a user's failed logins, so that the next try need not wait */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRow"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    why_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: components["schemas"]["ObjectPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Why an object is as it is: who or what caused it, what refused, what depends on it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Why"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_create_bucket_root: {
        parameters: {
            query?: {
                /** @description unit of the lines' times: ns, us, ms, s, m or h; ns when missing */
                precision?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    liveness_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Say that the master answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_ping_root: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    otlp_create_root: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The same as `/api/v1/otlp/v1/metrics`, where collectors look for it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                    "application/x-protobuf": string;
                };
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    influx_create_root: {
        parameters: {
            query?: {
                /** @description unit of the lines' times: ns, us, ms, s, m or h; ns when missing */
                precision?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description a problem; nothing was done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
