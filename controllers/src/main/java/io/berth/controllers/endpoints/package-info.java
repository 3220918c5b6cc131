/** Writes down which pods stand behind each Service: as EndpointSlices and as Endpoints. */
package io.berth.controllers.endpoints;
