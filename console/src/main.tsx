// Starts the console. A one-time link in the address is taken out of it before anything else runs.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { asProblem } from './api/problem';
import { Gate } from './frame/gate';
import { takeLink } from './frame/link';
import { makeRouter } from './routes';
import './style.css';

const token = takeLink();
const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only a lost connection is worth another try.
      retry: (failures, error) => failures < 1 && asProblem(error).status === 0,
    },
  },
});
const router = makeRouter(client);

const root = document.getElementById('console');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Gate token={token}>
          <RouterProvider router={router} />
        </Gate>
      </QueryClientProvider>
    </StrictMode>,
  );
}
