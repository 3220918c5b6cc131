/** What every namespace holds from the start: its default service account and the cluster's CA. */
package io.berth.controllers.serviceaccount;
