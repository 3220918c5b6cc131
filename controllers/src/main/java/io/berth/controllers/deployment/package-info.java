/** Rolls out the versions of a Deployment's template through ReplicaSets. */
package io.berth.controllers.deployment;
